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

/** A side's only Pokémon, from its id and its moves' slugs, as the simulator wants it. */
function team(id, slugs) {
  const species = speciesById.get(id);
  if (!species) throw new Error(`no species has id ${id}`);
  const moves = slugs.map((slug) => dex.moves.get(slug));
  const unknown = slugs.filter((_, index) => !moves[index].exists);
  if (unknown.length) throw new Error(`no move is called ${unknown}`);
  return [
    pokemonSet(
      species,
      moves.map((move) => move.id),
    ),
  ];
}

/** A battle's chances and the policy's: two generators that depend on nothing but a text. */
function generators(seed) {
  const digest = createHash('sha256').update(seed).digest();
  const words = Array.from({ length: 8 }, (_, index) => digest.readUInt16BE(2 * index));
  return [new PRNG(words.slice(0, 4).join()), new PRNG(words.slice(4).join())];
}

function view(side) {
  const { moves } = side.activeRequest.active[0];
  return { pokemon: side.active[0], legal: moves.filter((move) => !move.disabled).map((move) => move.id) };
}

/** Fights one battle with the chances that a seed gives; returns {winner: 0, 1 or TIE, turns}. */
function fight(teams, seed, BattleClass = QuietBattle) {
  const [prng, random] = generators(seed);
  const battle = new BattleClass({ format: rules, formatid: rules.id, prng });
  battle.setPlayer('p1', { name: '0', team: teams[0] });
  battle.setPlayer('p2', { name: '1', team: teams[1] });
  while (!battle.ended && battle.turn <= TURN_LIMIT) {
    const choices = choose(battle.sides.map(view), random);
    battle.makeChoices(...choices.map((id) => `move ${id}`));
  }
  const outcome = {
    winner: battle.winner ? Number(battle.winner) : TIE,
    turns: Math.min(battle.turn, TURN_LIMIT),
  };
  battle.destroy();
  return outcome;
}

module.exports = { fight, team, TIE };
