/** What `npm run demo` runs once the checkout is set up. */

/**
 * The demo.
 * @param {string[]} _args what followed `npm run demo --`
 * @param {NodeJS.ProcessEnv} _environment for child processes
 * @returns {Promise<number>} the exit code
 */
export async function demo(_args, _environment) {
  console.error("demo: the set-up is complete, but the trainer and the completer are not built yet.");
  return 1;
}
