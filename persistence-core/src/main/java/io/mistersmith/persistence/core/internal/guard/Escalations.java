package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.Escalation;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What waits for an operator: the latest 100 kinds of failures. Thread-safe. */
final class Escalations {

  private static final int MOST = 100;

  private record Kind(String store, String role, String operation, DataError error) {

    /** Whether a call of this kind that succeeds shows that the cause is gone. */
    boolean endsWithASuccess() {
      return error == DataError.MISCONFIGURED || error == DataError.ACCESS_DENIED;
    }

    boolean isOf(String otherStore, String otherRole, String otherOperation) {
      return store.equals(otherStore) && role.equals(otherRole) && operation.equals(otherOperation);
    }
  }

  private final PersistenceListener listener;
  private final Clock clock;
  private final Map<Kind, Escalation> open = new LinkedHashMap<>();

  /** Read by each call that succeeds, so that it takes no lock. */
  private volatile boolean someEnd;

  Escalations(PersistenceListener listener, Clock clock) {
    this.listener = listener;
    this.clock = clock;
  }

  void add(String store, String role, String operation, PersistenceException failure) {
    Kind kind = new Kind(store, role, operation, failure.error());
    String message = String.valueOf(failure.getMessage());
    Instant now = clock.instant();
    Escalation added;
    synchronized (open) {
      Escalation before = open.get(kind);
      if (before != null) {
        open.put(kind, before.again(message, now));
        return;
      }
      if (open.size() == MOST) {
        open.remove(open.keySet().iterator().next());
      }
      added = new Escalation(store, role, operation, failure.error(), message, now, now, 1);
      open.put(kind, added);
      noteEnds();
    }
    listener.on(new PersistenceEvent.Escalated(added));
  }

  /** Forgets what a call that succeeds shows to be over, such as a missing right. */
  void succeeded(String store, String role, String operation) {
    if (someEnd) {
      synchronized (open) {
        open.keySet()
            .removeIf(kind -> kind.endsWithASuccess() && kind.isOf(store, role, operation));
        noteEnds();
      }
    }
  }

  /** Forgets the same of a store that was away: what answers now may be another server. */
  void back(String store) {
    synchronized (open) {
      open.keySet().removeIf(kind -> kind.endsWithASuccess() && kind.store().equals(store));
      noteEnds();
    }
  }

  private void noteEnds() {
    someEnd = open.keySet().stream().anyMatch(Kind::endsWithASuccess);
  }

  List<Escalation> all() {
    synchronized (open) {
      return List.copyOf(open.values());
    }
  }

  void acknowledge(Escalation escalation) {
    synchronized (open) {
      open.remove(
          new Kind(
              escalation.store(), escalation.role(), escalation.operation(), escalation.error()));
      noteEnds();
    }
  }
}
