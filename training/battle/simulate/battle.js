'use strict';
// One seeded battle of one Pokémon against one.

const { createHash } = require('node:crypto');
const { PRNG } = require('pokemon-showdown');
const { dex, rules, playableSpecies, identifier, pokemonSet } = require('./rules');
const { choose } = require('./policy');
const { QuietBattle } = require('./quiet');

const TURN_LIMIT = 200;
const TIE = -1;

const speciesById = new Map(playableSpecies().map((species) => [identifier(species), species]));

/** A Pokémon of a pairing, {species, moves: slugs}, as the simulator wants it. */
function team({ species, moves }) {
  const known = speciesById.get(species);
  if (!known) throw new Error(`no species has id ${species}`);
  for (const slug of moves) if (!dex.moves.get(slug).exists) throw new Error(`no move is called ${slug}`);
  return [pokemonSet(known, moves.map((slug) => dex.moves.get(slug).id))];
}

/** The chances of battle k of a pairing: two generators that depend on nothing but the pairing's text and k. */
function generators(key, k) {
  const digest = createHash('sha256').update(`${key}#${k}`).digest();
  const words = Array.from({ length: 8 }, (_, index) => digest.readUInt16BE(2 * index));
  return [new PRNG(words.slice(0, 4).join(',')), new PRNG(words.slice(4).join(','))];
}

function view(side) {
  const { moves } = side.activeRequest.active[0];
  return { pokemon: side.active[0], legal: moves.filter((move) => !move.disabled).map((move) => move.id) };
}

/** Fights one battle; returns {winner: 0, 1 or TIE, turns}. */
function fight(teams, key, k, Battle = QuietBattle) {
  const [prng, random] = generators(key, k);
  const battle = new Battle({ format: rules, formatid: rules.id, prng });
  battle.setPlayer('p1', { name: '0', team: teams[0] });
  battle.setPlayer('p2', { name: '1', team: teams[1] });
  while (!battle.ended && battle.turn <= TURN_LIMIT) {
    const choices = choose(battle.sides.map(view), random);
    battle.makeChoices(...choices.map((id) => `move ${id}`));
  }
  const outcome = { winner: battle.winner ? Number(battle.winner) : TIE, turns: battle.turn };
  battle.destroy();
  return outcome;
}

module.exports = { fight, team, TIE };
