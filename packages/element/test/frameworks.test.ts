/** The README's components for Vue and Svelte, as they stand there, in a project made from the tarball: built, opened, used. */
import { readFileSync, rmSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import { describe, expect, it } from "vitest";
import { STRINGS } from "../src/strings.js";
import { hasChromium, launch } from "./browser.js";
import { createProject, serveProject } from "./tarball.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The README's component, with a model and a picture that are there. */
function component(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  return code!.replace("/faces.safetensors", "/toy-16.safetensors").replace("/photo.jpg", "/face.png");
}

const page = (title: string) => `<!doctype html><html lang="en"><title>${title}</title><div id="app"></div>
<script type="module" src="./main.js"></script></html>`;

const FRAMEWORKS = [
  {
    name: "Vue",
    borrowed: ["vue"],
    files: {
      "index.html": page("Vue"),
      "App.vue": component("vue"),
      "main.js": `import { createApp } from "vue"; import App from "./App.vue"; createApp(App).mount("#app");`,
    },
    plugins: () => [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "image-completer" } } })],
  },
  {
    name: "Svelte",
    borrowed: ["svelte"],
    files: {
      "index.html": page("Svelte"),
      "App.svelte": component("svelte"),
      "main.js": `import { mount } from "svelte"; import App from "./App.svelte";
mount(App, { target: document.querySelector("#app") });`,
    },
    plugins: () => [svelte({ configFile: false })],
  },
];

describe.skipIf(!hasChromium).each(FRAMEWORKS)(
  "a $name project made from the tarball",
  ({ files, borrowed, plugins }) => {
    it("builds, completes, and hears the event", async () => {
      const folder = await createProject(files, borrowed);
      const site = await serveProject(folder, plugins());
      const browser = await launch();
      try {
        const opened = await browser.newPage();
        opened.setDefaultTimeout(120_000);
        opened.on("pageerror", (error) => expect.fail(error.message));
        const said = opened.waitForEvent("console", (message) => message.type() === "log");
        await opened.goto(`${site.url}/app/index.html`);
        await opened.getByRole("status").filter({ hasText: STRINGS.paint }).waitFor();
        await opened.locator("image-completer").evaluate((element) => element.setAttribute("iterations", "4"));
        await opened.getByRole("button", { name: STRINGS.invert }).click();
        await opened.getByRole("button", { name: STRINGS.complete, exact: true }).click();
        expect((await said).text()).toBe("0");
      } finally {
        await browser.close();
        await site.close();
        rmSync(folder, { recursive: true });
      }
    });
  },
);
