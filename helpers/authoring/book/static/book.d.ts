// What the book's script finds when it runs: the network that the builder writes, and Sphinx's
// settings for its search.

declare module "digit-network" {
  export const NETWORK: import("../../../web/static/network.js").NetworkFile;
}
declare const DOCUMENTATION_OPTIONS: { SHOW_SEARCH_SUMMARY: boolean };
