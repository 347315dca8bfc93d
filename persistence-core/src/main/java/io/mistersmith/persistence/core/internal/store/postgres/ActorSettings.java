package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.security.Actor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * Tells a transaction who writes in it, by settings that end with it. The triggers of the set
 * {@code audit} read them. A thread without an actor sends nothing.
 */
final class ActorSettings {

  private static final String ACTOR = "persistence.actor";
  private static final String CORRELATION = "persistence.correlation_id";

  private static final String TELL =
      """
      SELECT set_config('persistence.actor', :actor, true),
             set_config('persistence.correlation_id', :correlation, true)
      """;

  private ActorSettings() {}

  /** Returns the work in a transaction that knows this thread's actor. */
  static <T> Function<Handle, T> before(Function<Handle, T> work) {
    return Actor.current().isEmpty()
        ? work
        : handle -> {
          if (!handle.isInTransaction()) {
            return handle.inTransaction(same -> told(same, work));
          }
          return told(handle, work);
        };
  }

  private static <T> T told(Handle handle, Function<Handle, T> work) {
    tell(handle);
    return work.apply(handle);
  }

  /** Tells the transaction that is open. */
  static void tell(Handle handle) {
    Optional<Actor> actor = Actor.current();
    if (actor.isPresent()) {
      String unused =
          handle
              .createQuery(TELL)
              .bind("actor", actor.get().name())
              .bind("correlation", actor.get().correlationId().orElse(""))
              .mapTo(String.class)
              .one();
    }
  }

  /** Returns the settings and their values; empty where the thread has no actor. */
  static Map<String, String> current() {
    Map<String, String> settings = new LinkedHashMap<>();
    Actor.current()
        .ifPresent(
            actor -> {
              settings.put(ACTOR, actor.name());
              actor.correlationId().ifPresent(id -> settings.put(CORRELATION, id));
            });
    return settings;
  }
}
