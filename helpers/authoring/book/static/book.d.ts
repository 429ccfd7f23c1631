// What the book's script finds when it runs: the network that the builder writes.

declare module "digit-network" {
  export const NETWORK: import("../../../web/static/network.js").NetworkFile;
}
