package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The promise about a counter or a set: it has each acknowledged change once, and besides them only
 * changes that are in flight, or were when their process was killed. Guarded by its {@link Ledger}.
 */
final class CrdtPromise {

  private final String key;
  private final Set<String> adding = new HashSet<>();
  private final Set<String> added = new HashSet<>();
  private final Set<String> removing = new HashSet<>();
  private long acknowledged;

  CrdtPromise(String key) {
    this.key = key;
  }

  void intended(String element, Effect effect) {
    if (effect == Effect.DELETE) {
      added.remove(element);
      removing.add(element);
    } else {
      adding.add(element);
    }
  }

  void acknowledged(String element, Effect effect) {
    if (effect == Effect.DELETE) {
      removing.remove(element);
    } else {
      adding.remove(element);
      added.add(element);
      acknowledged++;
    }
  }

  /** For a counter every element is an increment by one, and none is taken away. */
  Optional<Fault> judgeCount(long count) {
    boolean exact = count >= acknowledged && count <= acknowledged + adding.size();
    return exact
        ? Optional.empty()
        : fault(Kind.LOST, "counted " + acknowledged + " and " + adding.size() + " open", count);
  }

  Optional<Fault> judgeElements(Set<String> found) {
    Set<String> lost = new HashSet<>(added);
    lost.removeAll(found);
    if (!lost.isEmpty()) {
      return fault(Kind.LOST, "added " + lost, "without them");
    }
    Set<String> back = new HashSet<>(found);
    back.removeAll(added);
    back.removeAll(adding);
    back.removeAll(removing);
    return back.isEmpty()
        ? Optional.empty()
        : fault(Kind.RESURRECTED, "removed " + back, "with them");
  }

  private Optional<Fault> fault(Kind kind, String promised, Object found) {
    return Optional.of(new Fault(kind, key + ": " + promised + ", found " + found));
  }
}
