// What the pages do better with a script; without it everything here works as a plain form. One module, no library.

document.documentElement.classList.add("scripted");

const PREVALENCE_KEY = "prevalence";
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const megabytes = (bytes) => (bytes / 1e6).toFixed(1).replace(/\.0$/, "");
const size = (bytes) => (bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${megabytes(bytes)} MB`);
const language = document.documentElement.lang;
const percent = (share) => // its like in app/web/languages.py
  `${share > 0.9995 && share < 1 ? ">\u00a0" : ""}${new Intl.NumberFormat(`${language}-u-nu-latn`, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share < 1 ? Math.min(share * 100, 99.9) : 100)}\u00a0%`;

/* ---- Choosing and sending pictures ---- */

function upload(form) {
  const input = form.querySelector("#image");
  const camera = form.querySelector("#camera");
  const list = form.querySelector("#chosen");
  const said = form.querySelector("#said");
  const refusal = document.querySelector("#refusal");
  const say = form.dataset;
  const endings = say.accepted.split(",");
  let files = [];
  let sending = null;

  const refuse = (sentences) => {
    refusal.replaceChildren();
    if (!sentences.length) return;
    const box = document.createElement("div");
    box.className = "alert alert-danger";
    for (const sentence of sentences) {
      const line = document.createElement("p");
      line.className = "mb-1";
      line.textContent = sentence;
      box.append(line);
    }
    refusal.append(box);
  };

  const wrong = (file) => {
    const known = endings.some((end) => (end.startsWith(".") ? file.name.toLowerCase().endsWith(end) : file.type === end));
    if (!known) return fill(say.sayFormat, { name: file.name });
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
    const item = document.createElement("li");
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => picture.removeAttribute("src"), { once: true }); // a TIFF, say
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = `${file.name} · ${size(file.size)}`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-outline-secondary btn-sm";
    remove.textContent = "✕";
    remove.setAttribute("aria-label", fill(say.sayRemove, { name: file.name }));
    remove.addEventListener("click", () => {
      files = files.filter((other) => other !== file);
      show();
      (list.querySelector("button") ?? input).focus();
    });
    item.append(picture, name, remove);
    return item;
  };

  const add = (chosen) => {
    const sentences = [];
    const fresh = chosen.filter((file) => !files.some((other) => other.name === file.name && other.size === file.size &&
      other.lastModified === file.lastModified));
    for (const file of fresh) {
      const sentence = wrong(file);
      if (sentence) sentences.push(sentence);
      else if (files.length >= Number(say.maxPictures)) {
        sentences.push(fill(say.sayMany, { most: say.maxPictures }));
        break;
      } else files.push(file);
    }
    refuse(sentences);
    show();
  };

  input.addEventListener("change", () => add([...input.files]));
  camera.addEventListener("change", () => {
    add([...camera.files]);
    camera.value = "";
  });
  const drop = form.querySelector(".drop");
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || drop.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    if (form.isConnected && event.clipboardData?.files.length) add([...event.clipboardData.files]);
  });
  form.querySelector("#stop").addEventListener("click", () => sending?.abort());

  const busy = (on) => {
    form.querySelector("#working").hidden = !on;
    form.querySelector("#stop").hidden = !on;
    form.querySelector("[type=submit]").disabled = on;
    form.setAttribute("aria-busy", String(on));
  };
  const progress = (sentence, value) => {
    const bar = form.querySelector("#progress");
    if (value === null) bar.removeAttribute("value");
    else bar.value = value;
    form.querySelector("#progress-said").textContent = sentence;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    const together = files.reduce((sum, file) => sum + file.size, 0);
    if (together > Number(say.maxBatchBytes)) {
      refuse([fill(say.sayBatch, { size: megabytes(together), most: megabytes(say.maxBatchBytes) })]);
      return;
    }
    const failed = (sentence) => {
      sending = null;
      busy(false);
      refuse([sentence]);
    };
    sending = new XMLHttpRequest();
    sending.responseType = "document";
    sending.upload.addEventListener("progress", (step) => {
      const share = step.lengthComputable ? Math.floor((step.loaded / step.total) * 100) : null;
      progress(share === 100 ? say.sayWorking : fill(say.saySending, { percent: share ?? "…" }), share === 100 ? null : share);
    });
    sending.upload.addEventListener("load", () => {
      progress(say.sayWorking, null);
      said.textContent = say.sayWorking;
    });
    sending.addEventListener("error", () => failed(say.sayLost));
    sending.addEventListener("abort", () => failed(say.sayStopped));
    sending.addEventListener("load", () => {
      const page = sending.response;
      const answer = page?.querySelector("main");
      const told = page?.querySelector("#refusal");
      sending = null;
      busy(false);
      if (!answer) failed(say.sayLost);
      else if (told) refusal.replaceChildren(...told.childNodes);
      else arrive(page, answer);
    });
    sending.open("POST", form.action);
    busy(true);
    progress(fill(say.saySending, { percent: 0 }), 0);
    sending.send(new FormData(form));
  });
}

function arrive(page, answer) {
  // An address of its own: going back leads to the form, and a reload asks for an empty one instead of sending again.
  history.pushState({}, "", "/result");
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(answer));
  document.querySelector("footer").replaceWith(document.adoptNode(page.querySelector("footer")));
  window.scrollTo(0, 0);
  results();
  document.querySelector("main h1").focus();
}

/* ---- Reading answers ---- */

function results() {
  for (const viewer of document.querySelectorAll(".viewer")) {
    const heat = viewer.querySelector(".heat");
    viewer.querySelector("[type=range]")?.addEventListener("input", (event) => {
      heat.style.opacity = event.target.value / 100;
      viewer.querySelector(".show-heat").checked = true;
    });
  }
  for (const button of document.querySelectorAll(".print")) button.addEventListener("click", () => window.print());
  for (const worth of document.querySelectorAll(".worth")) prevalence(worth);
  const compared = document.querySelector("#compared");
  const many = document.querySelector(".many");
  many?.addEventListener("change", (event) => {
    if (!event.target.matches(".pick")) return;
    const count = many.querySelectorAll(".pick:checked").length;
    compared.textContent = count ? fill(compared.dataset.say, { count }) : "";
  });
  many?.addEventListener("click", (event) => {
    // A picture is opened alone, whatever was being compared.
    if (event.target.closest(".open")) many.querySelectorAll(".pick:checked").forEach((pick) => (pick.checked = false));
  });
}

function prevalence(worth) {
  const field = worth.querySelector(".prevalence");
  const [sensitivity, specificity] = [Number(worth.dataset.sensitivity), Number(worth.dataset.specificity)];
  const compute = () => {
    const share = Number(field.value) / 100;
    if (!(field.validity.valid && share > 0 && share < 1)) return;
    const [found, alarmed] = [sensitivity * share, (1 - specificity) * (1 - share)];
    const [cleared, missed] = [specificity * (1 - share), (1 - sensitivity) * share];
    worth.querySelector(".ppv").value = percent(found / (found + alarmed));
    worth.querySelector(".npv").value = percent(cleared / (cleared + missed));
  };
  try {
    field.value = localStorage.getItem(PREVALENCE_KEY) ?? field.value;
  } catch {
    // Storage is switched off: the field begins with its default.
  }
  field.addEventListener("input", () => {
    try {
      if (field.validity.valid) localStorage.setItem(PREVALENCE_KEY, field.value);
    } catch {
      // As above.
    }
    document.querySelectorAll(".prevalence").forEach((other) => other === field || (other.value = field.value));
    document.querySelectorAll(".worth").forEach((other) => other.dispatchEvent(new Event("changed")));
  });
  worth.addEventListener("changed", compute);
  compute();
}

const form = document.querySelector("#upload");
if (form) upload(form);
results();
window.addEventListener("popstate", () => location.pathname === "/result" || document.querySelector("#upload") || location.reload());
