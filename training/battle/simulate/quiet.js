'use strict';
// The simulator's battle without what only spectators need, and with a shortcut for events that nobody listens
// to: abilities, items, weather and terrain are absent from these battles, so the only listeners are conditions
// of Pokémon and of their sides. Results equal those of the simulator's own class: `node main.js battles --stock`
// runs that class, and a test compares them.

const { Battle } = require('pokemon-showdown');
const { dex } = require('./rules');

/** Names of all callbacks (`onModifyDamage` ...) that some condition in the game has. */
const CALLBACKS = new Set(
  [
    ...Object.values(dex.data.Conditions),
    ...Object.values(dex.data.Moves).map((move) => move.condition || {}),
  ]
    .flatMap(Object.keys)
    .filter((key) => key.startsWith('on')),
);

function isEmpty(object) {
  for (const _ in object) return false;
  return true;
}

function isBare(pokemon) {
  return !pokemon.status && isEmpty(pokemon.volatiles) && isEmpty(pokemon.side.slotConditions[0]);
}

class QuietBattle extends Battle {
  add() {}
  addMove() {}
  addSplit() {}
  attrLastMove() {}
  retargetLastMove() {}
  hint() {}
  sendUpdates() {}

  // What a side may know of its own team: the policy looks at the Pokémon themselves.
  getRequests(type) {
    if (type !== 'move') return super.getRequests(type);
    return this.sides.map((side) => ({ active: [side.active[0].getMoveRequestData()], noCancel: true }));
  }

  findEventHandlers(target, eventName, source) {
    return this.nothingListens() ? [] : super.findEventHandlers(target, eventName, source);
  }

  findPokemonEventHandlers(pokemon, callbackName, getKey) {
    if (this.started && (isBare(pokemon) || (!getKey && !CALLBACKS.has(callbackName)))) return [];
    return super.findPokemonEventHandlers(pokemon, callbackName, getKey);
  }

  nothingListens() {
    if (!this.started) return false;
    return this.sides.every((side) => isEmpty(side.sideConditions) && isBare(side.pokemon[0]));
  }
}

module.exports = { QuietBattle };
