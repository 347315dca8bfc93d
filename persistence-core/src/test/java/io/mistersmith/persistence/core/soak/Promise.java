package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The promises to the writers of one key: the last acknowledged write, and the writes whose outcome
 * is unknown. Guarded by its {@link Ledger}.
 *
 * <p>A write that failed never happens later, so the next acknowledgement of a key's only writer
 * settles it. The writes of a killed process may still be in a socket: their outcome stays open.
 */
final class Promise {

  /** A write without an acknowledgement. */
  private record Open(Effect effect, boolean failed, boolean orphaned) {}

  private final Space space;
  private final String key;
  private final Map<String, Open> open = new HashMap<>();
  private Optional<Revision> revision = Optional.empty();
  private String id = "";
  private boolean deleted;
  private boolean mayExpire;

  Promise(Space space, String key) {
    this.space = space;
    this.key = key;
  }

  Space space() {
    return space;
  }

  Optional<Revision> revision() {
    return revision;
  }

  void intended(String write, Effect effect) {
    open.put(write, new Open(effect, false, false));
  }

  /**
   * A write was acknowledged.
   *
   * @param written its revision; nothing for a delete that does not tell
   * @param current the write whose value the key has then, which need not be this one
   */
  void acknowledged(String write, Optional<Revision> written, String current) {
    Open acknowledged = open.remove(write);
    if (space.hasOneWriter()) {
      open.values().removeIf(each -> each.failed() && !each.orphaned());
    }
    boolean deletes = acknowledged != null && acknowledged.effect() == Effect.DELETE;
    if (written.isEmpty()) {
      deleted = true;
    } else if (revision.isEmpty() || !revision.get().isAfter(written.get())) {
      revision = written;
      id = current;
      deleted = deletes;
      mayExpire = acknowledged != null && acknowledged.effect() == Effect.EXPIRE;
    }
  }

  /** Nobody knows whether the write happened, but it will not happen any more. */
  void failed(String write) {
    open.computeIfPresent(write, (name, each) -> new Open(each.effect(), true, each.orphaned()));
  }

  /** The write did not happen. */
  void refused(String write) {
    open.remove(write);
  }

  /** The write's process is gone. */
  void orphaned(String write) {
    open.computeIfPresent(write, (name, each) -> new Open(each.effect(), each.failed(), true));
  }

  /** Whether what is found keeps the promise, once all that was acknowledged is flushed. */
  Optional<Fault> judge(Found found) {
    return found.id().isPresent()
        ? judgeLive(found.revision().orElseThrow(), found.id().get(), found)
        : judgeAbsent(found);
  }

  private Optional<Fault> judgeLive(Revision at, String write, Found found) {
    boolean unsettled = open.containsKey(write);
    if (deleted) {
      return unsettled || laterAndMerged(at) ? Optional.empty() : fault(Kind.RESURRECTED, found);
    }
    if (revision.isEmpty()) {
      return Optional.empty();
    }
    boolean same = at.equals(revision.get()) && write.equals(id);
    boolean later = at.isAfter(revision.get()) && (unsettled || laterAndMerged(at));
    return same || later ? Optional.empty() : fault(Kind.LOST, found);
  }

  /** A merge may keep a value under a new revision, in a write that was never acknowledged. */
  private boolean laterAndMerged(Revision at) {
    return space == Space.RESOLVED && (revision.isEmpty() || at.isAfter(revision.get()));
  }

  private Optional<Fault> judgeAbsent(Found found) {
    boolean mayBeGone =
        deleted
            || mayExpire
            || revision.isEmpty()
            || open.values().stream().anyMatch(each -> each.effect() != Effect.SAVE);
    return mayBeGone ? Optional.empty() : fault(Kind.LOST, found);
  }

  /** Whether what is found while all is running can be: what has the revision has the value. */
  Optional<Fault> judgeEarly(Found found) {
    boolean garbled =
        found.id().isPresent()
            && !deleted
            && found.revision().equals(revision)
            && !found.id().get().equals(id);
    return garbled ? fault(Kind.LOST, found) : Optional.empty();
  }

  private Optional<Fault> fault(Kind kind, Found found) {
    return Optional.of(
        new Fault(
            kind,
            "%s %s: promised %s %s%s, open %s, found %s"
                .formatted(
                    space,
                    key,
                    revision.map(Revision::toString).orElse("-"),
                    id,
                    deleted ? " deleted" : "",
                    open,
                    found)));
  }
}
