// Reading answers: heat map, prevalence, comparison, downloads. Without a script the page does all but the prevalence.

const PREVALENCE_KEY = "prevalence";
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// Its like in app/web/languages.py.
function percent(share) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const write = new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`, digits);
  if (share > 0.9995 && share < 1) return `>\u00a0${write.format(99.9)}\u00a0%`;
  if (share > 0 && share < 0.0005) return `<\u00a0${write.format(0.1)}\u00a0%`;
  return `${write.format(share * 100)}\u00a0%`;
}

export function answers() {
  for (const viewer of document.querySelectorAll(".viewer")) {
    viewer.querySelector("[type=range]")?.addEventListener("input", (event) => {
      viewer.querySelector(".heat").style.opacity = event.target.value / 100;
      viewer.querySelector(".show-heat").checked = true;
    });
  }
  for (const button of document.querySelectorAll(".print")) button.addEventListener("click", () => window.print());
  for (const worth of document.querySelectorAll(".worth")) prevalence(worth);
  for (const form of document.querySelectorAll("form.download")) download(form);
  for (const notes of document.querySelectorAll(".take-away textarea")) {
    // A text field prints no more than it shows; its copy prints all.
    notes.addEventListener("input", () => (notes.parentElement.querySelector(".notes-copy").textContent = notes.value));
  }
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

export const typed = () => [...document.querySelectorAll(".take-away input, .take-away textarea")].some((field) => field.value);

function prevalence(worth) {
  const field = worth.querySelector(".prevalence");
  const [sensitivity, specificity] = [Number(worth.dataset.sensitivity), Number(worth.dataset.specificity)];
  const share = () => Number(field.value) / 100;
  const possible = () => field.validity.valid && share() > 0 && share() < 1;
  const compute = () => {
    const good = possible();
    const [found, alarmed] = [sensitivity * share(), (1 - specificity) * (1 - share())];
    const [cleared, missed] = [specificity * (1 - share()), (1 - sensitivity) * share()];
    worth.querySelector(".ppv").value = good ? percent(found / (found + alarmed)) : "–";
    worth.querySelector(".npv").value = good ? percent(cleared / (cleared + missed)) : "–";
    worth.querySelector(".out-of-range").hidden = good;
    field.setAttribute("aria-invalid", String(!good));
  };
  try {
    const kept = Number(localStorage.getItem(PREVALENCE_KEY));
    if (kept > 0 && kept < 100) field.value = kept;
  } catch {
    // Storage is switched off: the field begins with its default.
  }
  field.addEventListener("change", () => {
    try {
      if (possible()) localStorage.setItem(PREVALENCE_KEY, field.value);
    } catch {
      // As above.
    }
  });
  field.addEventListener("input", () => {
    document.querySelectorAll(".prevalence").forEach((other) => other === field || (other.value = field.value));
    document.querySelectorAll(".worth").forEach((other) => other.dispatchEvent(new Event("changed")));
  });
  worth.addEventListener("changed", compute);
  compute();
}

// A plain form would leave the page, and with it the result, when the server refuses.
function download(form) {
  const said = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (!answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        said.textContent = page.querySelector("#refusal")?.innerText.trim() || form.dataset.sayLost;
        return;
      }
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = form.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      said.textContent = form.dataset.sayLost;
    }
  });
}
