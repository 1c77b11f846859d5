// Signing with a passkey. The page holds the texts, and what the device is to sign.
(() => {
  const button = document.getElementById("passkey-sign");
  if (!window.webauthnJSON?.supported()) return;
  const { form } = button;
  const { way, assertion } = form.elements;
  const said = document.getElementById("passkey-said");
  const options = JSON.parse(document.getElementById("passkey-options").textContent);
  document.getElementById("passkey-needs").hidden = true;
  button.hidden = false;

  const send = () => { way.value = "passkey"; form.requestSubmit(); };
  button.addEventListener("click", async () => {
    said.hidden = true;
    button.disabled = true; // one question to the device at a time
    try {
      // Without every tick there is nothing to sign: the answer says which one is missing.
      if (form.querySelector("[type=checkbox]:not(:checked)")) return send();
      assertion.value = JSON.stringify(await webauthnJSON.get(options));
      send();
    } catch {
      said.hidden = false;
      said.scrollIntoView({ block: "nearest" });
      button.disabled = false;
    }
  });
  // Back on this page: the code way must not send what the device said.
  addEventListener("pageshow", () => { way.value = assertion.value = ""; button.disabled = false; });
})();
