'use strict';
// The rules every battle is fought under, and the dex they come from.

const { Dex } = require('pokemon-showdown');

const LEVEL = 50;
const MODIFICATION = 'gen7letsgo';
const dex = Dex.mod(MODIFICATION);

// Let's Go battles without clauses: no team preview, no banned moves, one Pokémon a side.
const format = dex.formats.get('gen7letsgoou');
const rules = {
  ...format,
  id: 'ekiben',
  name: 'Ekiben',
  ruleset: [],
  baseRuleset: [],
  banlist: [],
  ruleTable: null,
};

const BASE_FORMES = new Set(['', 'Alola']);

/** The 171 species that can fight one against one: no mega evolutions, no starter partners. */
function playableSpecies() {
  return dex.species
    .all()
    .filter((species) => species.exists && !species.isNonstandard && BASE_FORMES.has(species.forme))
    .sort((a, b) => identifier(a) - identifier(b));
}

/** National dex number; 10000 more for an Alolan forme. */
function identifier(species) {
  return species.num + (species.forme === 'Alola' ? 10000 : 0);
}

/** Lower-case words joined by hyphens: "Mr. Mime" -> "mr-mime". The simulator's own ids drop the hyphens. */
function slug(name) {
  return name
    .toLowerCase()
    .replace(/['’.]/g, '')
    .replace(/[^a-z0-9]+/g, '-');
}

/** A Pokémon as the simulator wants it: best individual values, no nature effect, no ability, no item. */
function pokemonSet(species, moves) {
  return {
    name: species.name,
    species: species.name,
    level: LEVEL,
    moves,
    ability: 'No Ability',
    item: '',
    nature: 'Serious',
    gender: '',
    ivs: { hp: 31, atk: 31, def: 31, spa: 31, spd: 31, spe: 31 },
    evs: { hp: 0, atk: 0, def: 0, spa: 0, spd: 0, spe: 0 },
  };
}

module.exports = { LEVEL, dex, rules, playableSpecies, identifier, slug, pokemonSet };
