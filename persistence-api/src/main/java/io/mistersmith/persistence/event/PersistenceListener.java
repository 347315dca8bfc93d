package io.mistersmith.persistence.event;

import java.util.function.Consumer;

/**
 * Receives what the engine does. Called on the engine's own threads: return quickly and do not call
 * back into the library. Exceptions of a listener, Errors included, are logged and go no further,
 * and so does an interrupt of the engine's thread.
 */
@FunctionalInterface
public interface PersistenceListener {

  /** A listener that does nothing. */
  PersistenceListener NOOP =
      new PersistenceListener() {
        @Override
        public void on(PersistenceEvent event) {}

        @Override
        public boolean wants(Class<? extends PersistenceEvent> kind) {
          return false;
        }
      };

  /**
   * Receives an event. Later versions of this library send more kinds of events: ignore those that
   * you do not know.
   */
  void on(PersistenceEvent event);

  /**
   * Returns whether the listener wants events of this kind. It is asked once, when the engine is
   * opened, about those that are frequent ({@link StoreEvent}), which are then not made at all. May
   * receive events all the same that it does not want.
   */
  default boolean wants(Class<? extends PersistenceEvent> kind) {
    return true;
  }

  /**
   * Returns a listener that receives one kind of event, or one area of them.
   *
   * @param kind such as {@code PersistenceEvent.Flushed.class}
   */
  static <E extends PersistenceEvent> PersistenceListener of(Class<E> kind, Consumer<E> receiver) {
    return new PersistenceListener() {
      @Override
      public void on(PersistenceEvent event) {
        if (kind.isInstance(event)) {
          receiver.accept(kind.cast(event));
        }
      }

      @Override
      public boolean wants(Class<? extends PersistenceEvent> other) {
        return kind.isAssignableFrom(other);
      }
    };
  }

  /** Returns a listener that passes each event to this one and, if this one returns, to another. */
  default PersistenceListener and(PersistenceListener other) {
    PersistenceListener first = this;
    return new PersistenceListener() {
      @Override
      public void on(PersistenceEvent event) {
        first.on(event);
        other.on(event);
      }

      @Override
      public boolean wants(Class<? extends PersistenceEvent> kind) {
        return first.wants(kind) || other.wants(kind);
      }
    };
  }
}
