// Screens one picture with fetch, in a browser or in Node 18 and later:
//   node examples/predict.mjs photo.jpg http://127.0.0.1:8000
// LESION_API_KEY holds the key where the server asks for one.
// A page of another origin can call it where the server names that origin in LESION_CORS_ORIGINS.

/** The answer to `picture`, a Blob or a File. Throws with what to do where there is none. */
export async function screen(server, picture, key) {
  const form = new FormData();
  form.append("image", picture, picture.name ?? "picture");
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch(`${server}/api/predict`, { method: "POST", headers, body: form });
  // What stands before the server answers in its own words: too large (413), no server behind it (502).
  if (!response.headers.get("Content-Type")?.match(/json/)) {
    throw new Error(`Not screened: ${server} answered ${response.status} ${response.statusText}.`);
  }
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.title}. ${body.detail} (request ${body.request_id})`);
  return body;
}

if (typeof process !== "undefined") {
  const { readFile } = await import("node:fs/promises");
  const [path, server = "http://127.0.0.1:8000"] = process.argv.slice(2);
  try {
    const answer = await screen(server, new Blob([await readFile(path)]), process.env.LESION_API_KEY);
    // `assessment` decides, and never `prediction`.
    const probability = answer.probabilities?.malignant.toFixed(3);
    console.log(probability ? `${answer.assessment}: malignant with probability ${probability}` : answer.assessment);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
