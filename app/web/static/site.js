// What the pages do better with a script; without it everything here works as a plain form. No library.

import { answers, fill, typed } from "./answers.js";

document.documentElement.classList.add("scripted");

const megabytes = (bytes) => (bytes / 1e6).toFixed(1).replace(/\.0$/, "");
const size = (bytes) => (bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${megabytes(bytes)} MB`);
const EXPIRED = "expired_form";

/* ---- Choosing and sending pictures ---- */

function upload(form) {
  const input = form.querySelector("#image");
  const camera = form.querySelector("#camera");
  const list = form.querySelector("#chosen");
  const refusal = document.querySelector("#refusal");
  const send = form.querySelector("[type=submit]");
  const say = form.dataset;
  const accepted = say.accepted.split(",");
  let files = [];
  let sending = null;
  input.required = true;

  const refuse = (nodes) => {
    refusal.replaceChildren(...nodes);
    if (!nodes.length) return;
    refusal.scrollIntoView({ block: "center" });
    refusal.focus({ preventScroll: true });
  };
  const sentences = (texts) => {
    if (!texts.length) return [];
    const box = document.createElement("div");
    box.className = "alert alert-danger";
    for (const text of texts) {
      const line = document.createElement("p");
      line.className = "mb-1";
      line.textContent = text;
      box.append(line);
    }
    return [box];
  };

  const wrong = (file) => {
    const known = accepted.some((end) => (end.startsWith(".") ? file.name.toLowerCase().endsWith(end) : file.type === end));
    // A file without a type may well be a picture: the server looks at its bytes.
    if (!known && file.type) return fill(/hei[cf]/.test(file.type) ? say.sayHeic : say.sayFormat, { name: file.name });
    if (!file.size) return fill(say.sayEmpty, { name: file.name });
    if (file.size > Number(say.maxBytes)) {
      return fill(say.sayLarge, { name: file.name, size: megabytes(file.size), most: megabytes(say.maxBytes) });
    }
    return null;
  };

  const show = () => {
    // The input itself holds the files, so that the form is the same one with and without a script.
    const holder = new DataTransfer();
    files.forEach((file) => holder.items.add(file));
    input.files = holder.files;
    list.replaceChildren(...files.map(entry));
    form.querySelector("#count").textContent = files.length ? fill(say.sayChosen, { count: files.length }) : "";
  };

  const entry = (file) => {
    const item = form.querySelector("#entry").content.firstElementChild.cloneNode(true);
    const picture = item.querySelector("img");
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => picture.removeAttribute("src"), { once: true }); // a TIFF, say
    item.querySelector("bdi").textContent = file.name;
    item.querySelector("span span").textContent = size(file.size);
    const remove = item.querySelector("button");
    remove.setAttribute("aria-label", fill(say.sayRemove, { name: file.name }));
    remove.addEventListener("click", () => {
      files = files.filter((other) => other !== file);
      show();
      (list.querySelector("button") ?? input).focus();
    });
    return item;
  };

  const add = (chosen) => {
    if (sending || !chosen.length) return;
    const said = [];
    const same = (file) => (other) =>
      other.name === file.name && other.size === file.size && other.lastModified === file.lastModified;
    for (const file of chosen.filter((each) => !files.some(same(each)))) {
      const sentence = wrong(file);
      if (sentence) said.push(sentence);
      else if (files.length >= Number(say.maxPictures)) {
        said.push(fill(say.sayMany, { most: say.maxPictures }));
        break;
      } else files.push(file);
    }
    refuse(sentences(said));
    show();
  };

  input.addEventListener("change", () => (input.files.length ? add([...input.files]) : show()));
  camera.addEventListener("change", () => {
    add([...camera.files]);
    camera.value = "";
  });
  const drop = form.querySelector(".drop");
  for (const [kind, on] of [["dragenter", true], ["dragover", true], ["drop", false]]) {
    form.addEventListener(kind, () => drop.classList.toggle("over", on));
  }
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || drop.classList.remove("over"));
  document.addEventListener("drop", (event) => form.isConnected && add([...(event.dataTransfer?.files ?? [])]));
  document.addEventListener("paste", (event) => form.isConnected && add([...(event.clipboardData?.files ?? [])]));
  form.querySelector("#stop").addEventListener("click", () => sending?.abort());

  const busy = (on) => {
    form.querySelector("#working").hidden = !on;
    form.querySelector("#stop").hidden = !on;
    form.querySelector("#said").textContent = "";
    send.setAttribute("aria-disabled", String(on));
    form.setAttribute("aria-busy", String(on));
  };
  const progress = (sentence, value) => {
    const bar = form.querySelector("#progress");
    if (value === null) bar.removeAttribute("value");
    else bar.value = value;
    form.querySelector("#progress-said").textContent = sentence;
  };

  const post = (address, again) => {
    sending = new XMLHttpRequest();
    sending.responseType = "document";
    sending.upload.addEventListener("progress", (step) => {
      const share = step.lengthComputable ? Math.floor((step.loaded / step.total) * 100) : null;
      if (share !== 100) progress(fill(say.saySending, { percent: share ?? "…" }), share);
    });
    sending.upload.addEventListener("load", () => {
      progress(say.sayWorking, null);
      form.querySelector("#said").textContent = say.sayWorking;
    });
    const failed = (sentence) => {
      sending = null;
      busy(false);
      refuse(sentences([sentence]));
    };
    sending.addEventListener("error", () => failed(say.sayLost));
    sending.addEventListener("abort", () => failed(say.sayStopped));
    sending.addEventListener("load", () => {
      const page = sending.response;
      const told = page?.querySelector("#refusal");
      if (!page?.querySelector("main")) return failed(say.sayLost);
      sending = null;
      busy(false);
      if (!told) return arrive(page);
      // The token of a new session, in whose place the old one would be refused for ever.
      const token = page.querySelector("[name=csrf_token]");
      if (token) document.querySelectorAll("[name=csrf_token]").forEach((field) => (field.value = token.value));
      if (again && told.querySelector(`[data-reason=${EXPIRED}]`)) return post(address, false);
      return refuse([...told.childNodes]);
    });
    sending.open("POST", address);
    busy(true);
    progress(fill(say.saySending, { percent: 0 }), 0);
    sending.send(new FormData(form));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    const together = files.reduce((sum, file) => sum + file.size, 0);
    if (together > Number(say.maxBatchBytes)) {
      refuse(sentences([fill(say.sayBatch, { size: megabytes(together), most: megabytes(say.maxBatchBytes) })]));
    } else post(form.action, true);
  });
}

function arrive(page) {
  // An address of its own: going back leads to the form, and a reload asks for an empty one instead of sending again.
  history.replaceState({ form: true }, "");
  history.pushState({ answer: true }, "", document.querySelector("#upload").action);
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  for (const part of ["main", "footer"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  window.scrollTo(0, 0);
  answers();
  document.querySelector("main h1").focus();
}

const form = document.querySelector("#upload");
if (form) upload(form);
answers();

// A file that misses the form would otherwise be opened in the place of this page.
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
window.addEventListener("beforeunload", (event) => typed() && event.preventDefault());
window.addEventListener("popstate", (event) => {
  const onForm = Boolean(document.querySelector("#upload"));
  if (event.state?.form && !onForm) location.reload();
  if (event.state?.answer && onForm) history.replaceState({ form: true }, "", document.querySelector(".brand").href);
});
