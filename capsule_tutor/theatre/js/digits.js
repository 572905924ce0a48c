// The answers of capsule_tutor/theatre/{routing,dial,explore}.py, for pages without Python.
import { dynamicRouting, exponentialSquash, length, longest, selfAttentionRouting, squash, way } from "./arithmetic.js";
import { bytes, convolve, decoded, network, placed, relu } from "./network.js";

export function digits(data) {
  const net = network(data.network), side = net.shape[2], size = side * side, J = net.classes, Z = net.z;
  const ink = Float32Array.from(bytes(data.examples.ink), (x) => x / 255);
  const { places, labels, read, says, sources } = data.examples, image = (n) => ink.subarray(n * size, (n + 1) * size);
  const at = (place) => Math.max(0, places.indexOf(place));
  const known = network({ ...data.network, ...data.encoded }).net;  // what was worked out when the file was written

  const kept = decoded(data.kept);  // the answers of a network that is too large to travel, to a few of the images
  const chosen = ({ label, wrong, network }) => places.map((_, n) => n).filter((n) => (label === "all" || labels[n] === +label)
    && (!wrong || read[n] !== labels[n]) && (network !== kept.name || kept.places.includes(places[n])));
  function page(question) {
    const all = chosen(question), shown = all.slice(question.from, question.from + question.count), pixels = new Float32Array(shown.length * size);
    shown.forEach((n, k) => pixels.set(image(n), k * size));
    return { total: all.length, ink: pixels, items: shown.map((n) => ({ place: places[n], says: says[n] + (question.wrong ? `, read as ${read[n]}` : "") })) };
  }
  function random(question) {
    const all = chosen(question);
    return { place: all.length ? places[all[Math.floor(Math.random() * all.length)]] : null };
  }

  function play(votes, sizes, prior) {
    const [, parents, z] = sizes, toy = z === 2 && parents <= 3, dynamic = dynamicRouting(votes, sizes, data.routing.iterations);
    const most = Array.from({ length: votes.length / z }, (_, n) => votes.subarray(n * z, (n + 1) * z)).reduce((m, vote) => Math.max(m, toy ? Math.max(...vote.map(Math.abs)) : length(vote)), 0);
    const ways = [["dynamic routing", "sums", dynamic], ["self-attention", "products", selfAttentionRouting(votes, sizes, null)],
      ...(prior ? [["self-attention with prior", "products", selfAttentionRouting(votes, sizes, prior)]] : []), ["uniform", "sums", dynamic.slice(0, 1)]];
    return {
      sizes, votes, draggable: toy, limit: Math.max(toy ? 2.6 : 1, 0.2 * Math.ceil(most / 0.2 - 1e-5)),
      parents: Array.from({ length: parents }, (_, j) => (toy ? String.fromCharCode(65 + j) : String(j))),
      ways: ways.map(([name, logits, steps]) => ({ ...way(name, logits, steps, votes, sizes), prior: name.includes("prior") })),
    };
  }
  const routing = {
    programme: () => ({ ...data.routing, labels: data.explorer.programme.labels, shape: net.shape }),
    page, random,
    play(question) {
      if (data.routing.real.includes(question.name)) {
        const n = at(question.digit), found = net.encode(image(n));
        return { ...play(found.votes, net.sizes, net.prior()), image: image(n), place: places[n], says: says[n] };
      }
      const toy = data.toys[question.name], sizes = question.sizes || [toy.length, toy[0].length, toy[0][0].length];
      return play(Float32Array.from(question.votes || toy.flat(2)), sizes, null);
    },
  };

  const squashes = [squash, exponentialSquash];
  const dial = {
    programme: () => ({
      ...data.dial, curves: squashes.map((f) => Float32Array.from({ length: 101 }, (_, n) => length(f([data.dial.most * n / 100, 0])))),
    }),
    squash: ({ s }) => ({ s, squashed: squashes.map((f) => f(s)), problems: [] }),
  };

  const explorer = {
    programme: () => data.explorer.programme,
    network: () => data.explorer.network,
    page, random,
    look(question) {
      if (question.place === undefined) {
        const drawing = placed(question.ink, question.side, side);
        if (!drawing) return { problem: "There is nothing on the paper yet: draw a digit." };
        const { v, lengths } = net.encode(drawing);
        return { image: drawing, v, lengths, place: null, says: "your drawing", source: null };
      }
      const n = at(question.place), v = known.v.subarray(n * J * Z, (n + 1) * J * Z);
      const lengths = Float32Array.from({ length: J }, (_, j) => length(v.subarray(j * Z, (j + 1) * Z)));
      return { image: image(n), v, lengths, place: places[n], says: says[n], source: sources[n] };
    },
    tick: ({ j, pose }) => ({ drawn: net.decode(pose, j), beside: [], length: length(pose) }),  // one digit
    again: ({ j, pose }) => ({ lengths: net.encode(net.decode(pose, j)).lengths }),
  };
  const map = {
    programme: () => data.map.programme,
    network: ({ network }) => data.map.networks[network],
    page, random,
    look({ network, place }) {
      if (network === kept.name) {
        const k = Math.max(0, kept.places.indexOf(place)), n = at(kept.places[k]), [first] = convolve(image(n), 1, side, kept.first);
        return { place: places[n], says: says[n], lengths: kept.looks[k].lengths, tiles: [image(n), first.map(relu), ...kept.tiles[k].map((tile) => tile.all)] };
      }
      const n = at(place), { maps, u, votes, c, v, lengths } = net.encode(image(n)), [I] = net.sizes, best = longest(lengths);
      const byParent = new Float32Array(votes.length);  // (i, j, z) → (j, i, z)
      for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) byParent.set(votes.subarray((i * J + j) * Z, (i * J + j + 1) * Z), (j * I + i) * Z);
      const drawing = net.decode(v.subarray(best * Z, (best + 1) * Z), best);
      return { place: places[n], says: says[n], lengths, tiles: [image(n), ...maps.map(({ map }) => map), u, byParent, c, v, drawing] };
    },
  };
  const scenes = { routing, dial, explorer, map };
  return (scene) => async (question) => scenes[scene][question.what](question);
}
