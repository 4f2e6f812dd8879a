/** Only the packing is touched; see setup/release/. Required late: an install has no use for it. */
module.exports = {
  hooks: {
    beforePacking: (manifest, dir) => require("./setup/release/manifest.cjs").beforePacking(manifest, dir),
  },
};
