package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.crdt.Crdt;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One actor's own copies of CRDTs. A change is saved again and again until it is acknowledged: it
 * counts once, however often it is merged.
 */
final class CrdtChange<C extends Crdt<C>> {

  private final Class<C> type;
  private final C empty;
  private final Map<StateKey, Versioned<C>> own = new HashMap<>();

  CrdtChange(Class<C> type, C empty) {
    this.type = type;
    this.empty = empty;
  }

  void make(
      Actor actor,
      Space space,
      StateKey key,
      String write,
      Effect effect,
      UnaryOperator<C> change) {
    StateRepository<C> states =
        actor
            .persistence()
            .states(
                StateType.untyped(type)
                    .withRules(ConflictRules.of(ConflictResolver.<C>crdtMerge())));
    actor.ledgerWriter().intended(write, space, key, effect);
    Optional<Versioned<C>> last = Optional.ofNullable(own.get(key));
    C changed = change.apply(last.map(Versioned::value).orElse(empty));
    SaveOptions options =
        actor.random().nextBoolean()
            ? last.map(SaveOptions.unconditional()::basedOn).orElse(SaveOptions.unconditional())
            : SaveOptions.unconditional();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Versioned<C> current = states.save(key, changed, options);
        own.put(key, current);
        actor.ledgerWriter().acknowledged(write, Optional.of(current.revision()), "");
        return;
      } catch (PersistenceException e) {
        PersistenceException unused = actor.tolerated(e);
        actor.pause();
      }
    }
  }
}
