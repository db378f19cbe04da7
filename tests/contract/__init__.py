"""The contract: what any store and any line must do, whatever they are made of."""
