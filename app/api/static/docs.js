// Sends the forms of the API's page and shows what came back. Without it, a form shows the answer alone.
const PICTURE = /^data:image\/png;base64,/;

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

async function send(form) {
  const outcome = form.querySelector(".outcome");
  const button = form.querySelector("button");
  outcome.textContent = "Sending …";
  button.disabled = true;
  try {
    const started = performance.now();
    const response = await fetch(addressOf(form), requestOf(form));
    const text = await response.text();
    const took = Math.round(performance.now() - started);
    outcome.textContent = `${response.status} ${response.statusText}, ${took} ms, request ${response.headers.get("X-Request-ID")}`;
    show(form, text);
  } catch (error) {
    outcome.textContent = `The server did not answer: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

function addressOf(form) {
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-query]")) query.set(field.name, field.value);
  return query.size ? `${form.action}?${query}` : form.action;
}

function requestOf(form) {
  const key = document.getElementById("key")?.value;
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (form.dataset.method === "GET") return { headers };
  const body = new FormData();
  for (const field of form.querySelectorAll("[type=file]")) {
    for (const file of field.files) body.append(field.name, file);
  }
  return { method: form.dataset.method, headers, body };
}

function show(form, text) {
  const shown = form.querySelector(".answer-text");
  const pictures = form.querySelector(".answer-pictures");
  pictures.replaceChildren();
  let name = "picture";
  const shorten = (key, value) => {
    if (key === "name") name = value;
    if (typeof value !== "string" || !PICTURE.test(value)) return value;
    pictures.append(figure(value, key === "picture" ? name : key));
    return `data:image/png;base64,… (${value.length} characters, shown below)`;
  };
  try {
    shown.textContent = JSON.stringify(JSON.parse(text), shorten, 2);
  } catch {
    shown.textContent = text;
  }
  shown.hidden = false;
}

function figure(source, name) {
  const image = Object.assign(document.createElement("img"), { src: source, alt: name });
  const caption = Object.assign(document.createElement("figcaption"), { textContent: name });
  const element = document.createElement("figure");
  element.append(image, caption);
  return element;
}
