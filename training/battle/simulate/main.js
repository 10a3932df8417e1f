'use strict';
// node main.js tables                     the reference tables as one JSON object
// node main.js damage                     the policy's expected damage of every species, move and target
// node main.js battles [--stock]          pairings as JSON lines in, results as JSON lines out, in their order
//
// A pairing is {index, species_1, moves_1, species_2, moves_2, first, count}: its battles number first to
// first + count - 1 are fought. Its result is {index, battles, wins_1, ties, turns}: battles decided, of these
// won by the first Pokémon, undecided ones, and the turns of all.

const readline = require('node:readline');
const { Battle } = require('pokemon-showdown');
const { fight, team, TIE } = require('./battle');
const { tables, damageTable } = require('./tables');

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** What the chances of a pairing's battles depend on: who fights with what, and nothing else. */
function key({ species_1, moves_1, species_2, moves_2 }) {
  return `${species_1}:${moves_1.join()}|${species_2}:${moves_2.join()}`;
}

function result(pairing, BattleClass) {
  const { index, species_1, moves_1, species_2, moves_2, first, count } = pairing;
  const teams = [team(species_1, moves_1), team(species_2, moves_2)];
  const total = { index, battles: 0, wins_1: 0, ties: 0, turns: 0 };
  for (let number = first; number < first + count; number++) {
    const { winner, turns } = fight(teams, `${key(pairing)}#${number}`, BattleClass);
    total.battles += Number(winner !== TIE);
    total.wins_1 += Number(winner === 0);
    total.ties += Number(winner === TIE);
    total.turns += turns;
  }
  return total;
}

async function battles(BattleClass) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    print(result(JSON.parse(line), BattleClass));
  }
}

async function main([command, option]) {
  if (command === 'tables') return print(tables());
  if (command === 'damage') return damageTable(print);
  if (command === 'battles') return battles(option === '--stock' ? Battle : undefined);
  throw new Error(`unknown command ${command}: tables, damage or battles`);
}

main(process.argv.slice(2));
