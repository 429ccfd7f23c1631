// @ts-check
// The web page's host of the drawing pad: pictures go to the service that served the page.

import { createPad } from "./pad.js";

/** @type {import("./pad.js").Predict} */
async function predict(picture, signal) {
  let response;
  try {
    response = await fetch("api/predict", {
      method: "POST",
      // What a system calls a file need not be what it is: the service looks at its bytes.
      headers: {
        "Content-Type": /^image\//.test(picture.type) ? picture.type : "application/octet-stream",
      },
      body: picture,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error("The server does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(answer.error ?? "The server could not read this picture.");
    throw Object.assign(error, { retryAfter: Number(response.headers.get("Retry-After")) });
  }
  return answer;
}

const place = document.querySelector("#pad");
if (place) createPad(place, { predict, scope: document });
