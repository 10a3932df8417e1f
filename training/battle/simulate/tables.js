'use strict';
// The simulator's own numbers as tables, one JSON object.

const { Battle } = require('pokemon-showdown');
const { dex, rules, playableSpecies, identifier, slug, pokemonSet } = require('./rules');
const { describeAll, learnableMoves } = require('./moves');

const DAMAGE_FACTORS = { 0: 1, 1: 2, 2: 0.5, 3: 0 };

function types() {
  return dex.types.all().filter((type) => !type.isNonstandard && type.name !== 'Stellar');
}

/** Stats at level 50 as a battle computes them, friendship bonus included. */
function battleStats(species) {
  const team = [pokemonSet(species, ['tackle'])];
  const battle = new Battle({ format: rules, formatid: rules.id, seed: [1, 2, 3, 4], p1: { team } });
  const { maxhp, baseStoredStats } = battle.p1.pokemon[0];
  battle.destroy();
  return { ...baseStoredStats, hp: maxhp };
}

function statColumns(prefix, stats) {
  return {
    [`${prefix}hp`]: stats.hp,
    [`${prefix}attack`]: stats.atk,
    [`${prefix}defense`]: stats.def,
    [`${prefix}special_attack`]: stats.spa,
    [`${prefix}special_defense`]: stats.spd,
    [`${prefix}speed`]: stats.spe,
  };
}

function speciesRow(species) {
  return {
    id: identifier(species),
    name: species.name,
    slug: slug(species.name),
    dex_number: species.num,
    forme: species.forme,
    type_1: species.types[0],
    type_2: species.types[1] || '',
    ...statColumns('base_', species.baseStats),
    ...statColumns('', battleStats(species)),
    weight_kg: species.weightkg,
  };
}

function learnsetRows(species, moves) {
  return learnableMoves(species)
    .map((id) => ({ species: identifier(species), move: moves.get(id).slug }))
    .sort((a, b) => (a.move < b.move ? -1 : 1));
}

function typeRow(attack) {
  const multipliers = types().map((defend) => [defend.name, DAMAGE_FACTORS[defend.damageTaken[attack.name]]]);
  return { attack: attack.name, ...Object.fromEntries(multipliers) };
}

/** {species, moves, learnsets, types}: each a list of flat rows in a fixed order. */
function tables() {
  const moves = describeAll();
  return {
    species: playableSpecies().map(speciesRow),
    moves: [...moves.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1)),
    learnsets: playableSpecies().flatMap((species) => learnsetRows(species, moves)),
    types: types().map(typeRow),
  };
}

module.exports = { tables };
