"""Which of two Pokémon wins under the Let's Go rules."""
