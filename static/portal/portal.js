// Improves pages that work without it. No texts here: the templates hold them in both languages.
(() => {
  document.querySelector(".error-summary")?.focus();

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const said = button.parentElement.querySelector("[data-copied]");
      if (said) said.textContent = said.dataset.copied;
    });
  }

  // The second of two clicks would find the first one's code used: one send for each form.
  for (const form of document.querySelectorAll("form[method=post]:not([hx-post])")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 8000); // a lost answer can be tried again
    });
  }

  // /verify/: drop a file, say what goes on, read the code out of a photographed square.
  for (const zone of document.querySelectorAll("form[data-drop]")) {
    const said = zone.querySelector("[role=status]");
    const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
    zone.querySelector("[data-drop-hint]").hidden = false;
    zone.classList.add("drop");
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      const { files } = event.dataTransfer;
      if (files.length !== 1) { said.textContent = said.dataset.one; return; }
      zone.querySelector("[type=file]").files = files;
      zone.requestSubmit();
    });
    zone.addEventListener("submit", () => { said.textContent = said.dataset.looking; });
    addEventListener("pageshow", () => { said.textContent = ""; }); // back again: nothing goes on
  }
  const scan = document.querySelector("[data-scan]");
  if (scan && "BarcodeDetector" in window) {
    const said = scan.form.querySelector("[role=status]");
    const photo = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    photo.setAttribute("capture", "environment");
    scan.hidden = false;
    scan.addEventListener("click", () => photo.click());
    photo.addEventListener("change", async () => {
      said.textContent = scan.dataset.looking;
      const squares = await createImageBitmap(photo.files[0])
        .then((picture) => new BarcodeDetector({ formats: ["qr_code"] }).detect(picture))
        .catch(() => []);
      // Only the code is taken: whatever address the square names, we stay on our own site.
      const codes = squares.map((square) => /\/verify\/([0-9A-Za-z]{12})\/?$/.exec(square.rawValue)?.[1]);
      const code = codes.find(Boolean);
      if (!code) { said.textContent = scan.dataset.none; photo.value = ""; return; }
      scan.form.elements.code.value = code;
      scan.form.requestSubmit();
    });
  }

  // Files on their way: how much is sent, and that it goes on. The bar exists only where htmx sends.
  document.body.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.("progress");
    if (!bar || !event.detail.lengthComputable) return;
    const said = event.target.querySelector("[data-sending]");
    if (said.textContent !== said.dataset.sending) said.textContent = said.dataset.sending;
    bar.hidden = false;
    bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
  document.body.addEventListener("htmx:load", (event) => { // it sends as soon as they are chosen
    for (const button of event.target.querySelectorAll("[data-without-htmx]")) button.hidden = true;
  });
  const sent = (event) => { // an answer came, or none will
    const bar = event.target.querySelector?.("progress.sending-bar");
    if (!bar) return;
    bar.hidden = true;
    event.target.querySelector("[data-sending]").textContent = "";
  };
  for (const end of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(end, sent);
  }

  const net = document.getElementById("net");
  const show = (hidden) => () => { if (net) net.hidden = hidden; };
  for (const fault of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(fault, show(false));
  }
  document.body.addEventListener("htmx:afterOnLoad", show(true));

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault(); // or it is only written to the console
    const said = document.getElementById("passkey-error");
    said.hidden = false;
    said.scrollIntoView({ block: "nearest" });
  });

  const dialog = document.getElementById("timeout");
  if (!dialog?.showModal) return;
  const idle = Number(dialog.dataset.idle) * 1000;
  const warning = Math.min(120_000, idle);
  const left = document.getElementById("timeout-left");
  const announced = document.getElementById("timeout-said");
  const csrf = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
  let end = Date.now() + idle;
  const tabs = new BroadcastChannel("session"); // one session, many tabs: what one does counts for all
  const renewed = () => { end = Date.now() + idle; if (dialog.open) dialog.close(); };
  const tell = () => { renewed(); tabs.postMessage(""); };
  tabs.addEventListener("message", renewed);
  tell();
  const words = (s) =>
    s > 60 ? dialog.dataset.minutes.replace("{n}", Math.ceil(s / 60))
    : s === 60 ? dialog.dataset.minute : dialog.dataset.seconds.replace("{n}", s);
  const stay = () => fetch(dialog.dataset.stay, { method: "POST", headers: { "X-CSRFToken": csrf } })
    .then((answer) => {
      if (!answer.ok) return location.assign(dialog.dataset.ended);
      tell();
    }, show(false)); // no connection: the dialog stays, the line on the page says why
  setInterval(() => {
    const s = Math.max(0, Math.round((end - Date.now()) / 1000));
    if (s * 1000 <= warning && !dialog.open) dialog.showModal();
    if (!dialog.open) return;
    left.textContent = words(s);
    if (s % 15 === 0 || s <= 20) announced.textContent = words(s);
    if (Date.now() > end + 2000) location.assign(dialog.dataset.ended); // asked sooner, the page would renew the session
  }, 1000);
  document.body.addEventListener("htmx:afterOnLoad", tell);
  document.getElementById("timeout-stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
})();
