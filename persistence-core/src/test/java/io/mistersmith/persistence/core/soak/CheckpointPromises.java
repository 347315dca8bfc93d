package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Checkpoints of which a runtime was told that they are made: they stay as they are. Thread-safe.
 */
final class CheckpointPromises {

  private final Tally tally;
  private final Map<UUID, String> promised = new TreeMap<>();

  CheckpointPromises(Tally tally) {
    this.tally = tally;
  }

  synchronized void made(String id, String content) {
    promised.put(UUID.fromString(id), content);
  }

  synchronized void mayGo(String id) {
    promised.remove(UUID.fromString(id));
  }

  synchronized void judge(Checkpoints checkpoints) {
    promised.forEach(
        (id, content) -> {
          String found = read(checkpoints, id);
          if (!found.equals(content)) {
            tally.add(
                new Fault(
                    Kind.LOST, "checkpoint " + id + ": made of " + content + ", found " + found));
          }
        });
  }

  private static String read(Checkpoints checkpoints, UUID id) {
    Map<String, String> content = new TreeMap<>();
    try {
      checkpoints
          .read(id, String.class)
          .forEach((key, version) -> content.put(key.key(), Actor.idOf(version.value())));
    } catch (PersistenceException e) {
      if (e.error() == DataError.NOT_FOUND) {
        return "nothing";
      }
      throw e;
    }
    return LedgerWriter.list(content);
  }
}
