'use strict';
// The simulator's own numbers as tables, one JSON object.

const { Battle } = require('pokemon-showdown');
const { dex, rules, playableSpecies, identifier, slug, pokemonSet } = require('./rules');
const { hitDamage } = require('./damage');
const { describeAll, learnableMoves } = require('./moves');

const DAMAGE_FACTORS = { 0: 1, 1: 2, 2: 0.5, 3: 0 };

function types() {
  return dex.types.all().filter((type) => !type.isNonstandard && type.name !== 'Stellar');
}

/** A species at level 50, fresh, as a battle makes it. */
function newPokemon(species) {
  const team = [pokemonSet(species, ['tackle'])];
  return new Battle({ format: rules, formatid: rules.id, seed: [1, 2, 3, 4], p1: { team } }).p1.pokemon[0];
}

function battleStats(species) {
  const { maxhp, baseStoredStats } = newPokemon(species);
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

/**
 * Prints the policy's expected damage (damage.js) as a share of the target's full hit points, both Pokémon being
 * fresh: {species, move, shares} by species and move, shares in the order of the species table.
 */
function damageTable(print) {
  const fresh = playableSpecies().map(newPokemon);
  const moves = describeAll();
  playableSpecies().forEach((species, index) => {
    for (const id of learnableMoves(species)) {
      const move = moves.get(id);
      const shares = fresh.map((target) => hitDamage(move, fresh[index], target) / target.maxhp);
      print({ species: identifier(species), move: move.slug, shares });
    }
  });
}

module.exports = { tables, damageTable };
