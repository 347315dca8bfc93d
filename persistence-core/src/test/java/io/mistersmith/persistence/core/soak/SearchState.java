package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;

/**
 * Saves an entry until PostgreSQL has committed it, and searches for the word that it alone has:
 * the entry is found as it was saved.
 */
final class SearchState implements Operation {

  private static final SaveOptions COMMITTED =
      SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(Space.OWNED);
    StateRepository<String> states = actor.repository(Space.OWNED);
    actor
        .save(Space.OWNED, key, Effect.SAVE, value -> states.save(key, value, COMMITTED))
        .ifPresent(
            saved ->
                actor.tolerate(
                    () -> {
                      StateQuery query =
                          StateQuery.matching(Actor.idOf(saved.value())).withOwner(actor.owner());
                      boolean found =
                          states.search(query).entrySet().stream()
                              .anyMatch(
                                  row ->
                                      row.getKey().equals(key)
                                          && row.getValue()
                                              .orElseThrow()
                                              .revision()
                                              .equals(saved.revision()));
                      if (!found) {
                        actor
                            .ledgerWriter()
                            .seen(
                                new Fault(
                                    Kind.STALE_OWN_READS,
                                    key + ": committed as " + saved.revision() + ", not found"));
                      }
                    }));
  }
}
