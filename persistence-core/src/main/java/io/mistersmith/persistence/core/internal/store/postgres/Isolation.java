package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.store.postgres.StoreProbe.Answer;
import io.mistersmith.persistence.core.internal.store.postgres.StoreProbe.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether PostgreSQL refuses single rows of a batch or all rows alike.
 *
 * <p>The rule: a row is at fault, and becomes a dead letter, when PostgreSQL refuses it while it
 * takes others. The SQLSTATE does not matter, because triggers raise any. The others are, in this
 * order, a {@linkplain StoreProbe probe row} that is tried before and after the refused row, and
 * the row's neighbours in the batch. Where the probe is refused too, a row that is refused in
 * another way (SQLSTATE or constraint) is still at fault.
 *
 * <p>When PostgreSQL refuses all that is tried alike, the table is at fault: a trigger that raises
 * during maintenance, a column that is missing. Then nothing becomes a dead letter, the whole batch
 * fails with the refusal, and the flush tries it again together with what was written meanwhile, so
 * that a single bad row is isolated as soon as one of its neighbours passes.
 *
 * <p>If no agent is registered, no probe can be written. Then a row is at fault when the server
 * itself found fault with its data (SQLSTATE classes 22, 23 and 54, but not raised by a function).
 *
 * <p>A failure that says nothing about rows (connection, resources, a deadlock, a timeout) is
 * thrown as it is. Only where each row is written by itself does a timeout say something about it.
 */
final class Isolation {

  private static final Logger LOG = LoggerFactory.getLogger(Isolation.class);

  /** How many rows of a batch are tried alone before all are, while the probe is refused. */
  private static final int SAMPLE = 16;

  /** A large value is named only once its chunks are there. */
  private static final Comparator<StateRow> CHUNKS_FIRST =
      Comparator.comparing((StateRow row) -> !row.isChunk());

  private final StateUpsert states;
  private final StoreProbe probe;

  Isolation(StateUpsert states) {
    this.states = states;
    this.probe = new StoreProbe(states);
  }

  private record Suspect(StateRow row, RuntimeException failure) {}

  /**
   * Writes the rows that PostgreSQL takes and returns the others.
   *
   * @throws RuntimeException the refusal, when all are refused alike
   */
  List<RefusedChange> write(Handle handle, List<StateRow> rows) {
    Answer before = probe.ask(handle, rows);
    RuntimeException refusal = before.failure();
    if (refusal != null && !onePasses(handle, rows, before)) {
      throw refusal;
    }
    List<Suspect> suspects = new ArrayList<>();
    int written = halve(handle, rows, suspects);
    Answer middle = probe.ask(handle, rows);
    List<Suspect> still = new ArrayList<>();
    for (Suspect suspect : suspects) {
      written += halve(handle, List.of(suspect.row()), still);
    }
    Answer after = still.isEmpty() ? middle : probe.ask(handle, rows);
    boolean steady = before.kind() == after.kind() && middle.kind() == after.kind();
    List<RefusedChange> refused = new ArrayList<>();
    for (Suspect suspect : still) {
      if (!isAtFault(suspect, after, steady, written > 0)) {
        throw suspect.failure();
      }
      refused.add(RefusedChange.by(suspect.failure(), suspect.row().change()));
    }
    return refused;
  }

  private static boolean isAtFault(
      Suspect suspect, Answer after, boolean steady, boolean neighboursPass) {
    return switch (after.kind()) {
      case TAKES -> true;
      case REFUSES -> !after.refusesLike(suspect.failure()) || (steady && neighboursPass);
      case UNKNOWN -> neighboursPass || PostgresFailures.findsFaultWithData(suspect.failure());
    };
  }

  /**
   * Writes each row by itself, so that each has the time of a statement, and returns those that
   * PostgreSQL refuses or does not take in time, together with their steps.
   *
   * @throws RuntimeException the failure, when the table takes nothing
   */
  List<RefusedChange> writeSingly(Handle handle, List<StateRow> rows) {
    List<StateRow> rest = new ArrayList<>(rows);
    rest.sort(CHUNKS_FIRST);
    List<RefusedChange> refused = new ArrayList<>();
    handle.savepoint("singly");
    while (true) {
      List<RefusedChange> found = writeEach(handle, rest);
      found.forEach(
          refusal ->
              rest.removeIf(row -> row.change().revision().equals(refusal.change().revision())));
      boolean torn = RefusedSteps.of(found).move(rest, found);
      refused.addAll(found);
      if (!torn) {
        return refused;
      }
      handle.rollbackToSavepoint("singly");
    }
  }

  /** Of a step that is refused anyway, the rows that follow are not tried. */
  private List<RefusedChange> writeEach(Handle handle, List<StateRow> rows) {
    Answer before = probe.askForAnyOwner(handle, rows);
    List<Suspect> suspects = new ArrayList<>();
    Set<String> torn = new HashSet<>();
    int written = 0;
    for (StateRow row : rows) {
      Optional<String> step = row.change().step();
      if (step.isEmpty() || !torn.contains(step.get())) {
        int known = suspects.size();
        written += writeAlone(handle, row, suspects);
        if (suspects.size() > known) {
          step.ifPresent(torn::add);
        }
      }
    }
    if (suspects.isEmpty()) {
      return new ArrayList<>();
    }
    Answer after = probe.askForAnyOwner(handle, rows);
    List<RefusedChange> refused = new ArrayList<>();
    for (Suspect suspect : suspects) {
      if (!isAtFault(suspect, after, before.kind() == after.kind(), written > 0)) {
        throw suspect.failure();
      }
      refused.add(RefusedChange.by(suspect.failure(), suspect.row().change()));
    }
    return refused;
  }

  private int writeAlone(Handle handle, StateRow row, List<Suspect> suspects) {
    handle.savepoint("alone");
    try {
      int written = states.write(handle, List.of(row));
      handle.releaseSavepoint("alone");
      return written;
    } catch (RuntimeException e) {
      if (PostgresFailures.verdict(e) == PostgresFailures.Verdict.OUTAGE) {
        throw e;
      }
      handle.rollbackToSavepoint("alone");
      if (!isDeleteOfUnknownAgent(row, e)) {
        suspects.add(new Suspect(row, e));
      }
      return 0;
    }
  }

  /**
   * Files the only row of a batch, which ran out of time, when the table takes others in time.
   *
   * @throws RuntimeException {@code failure}, when it does not
   */
  List<RefusedChange> leaveOut(Handle handle, StateRow row, RuntimeException failure) {
    if (probe.askForAnyOwner(handle, List.of(row)).kind() != Kind.TAKES) {
      throw failure;
    }
    return List.of(RefusedChange.by(failure, row.change()));
  }

  /** Whether one of a few rows, each tried alone, passes or is refused unlike the probe. */
  private boolean onePasses(Handle handle, List<StateRow> rows, Answer refusal) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    for (int i = 0; i < Math.min(SAMPLE, rows.size()); i++) {
      StateRow row = rows.get(rows.size() <= SAMPLE ? i : random.nextInt(rows.size()));
      handle.savepoint("sample");
      try {
        int written = states.write(handle, List.of(row));
        handle.rollbackToSavepoint("sample");
        if (written > 0) {
          return true;
        }
      } catch (RuntimeException e) {
        if (PostgresFailures.verdict(e) != PostgresFailures.Verdict.REFUSED) {
          throw e;
        }
        handle.rollbackToSavepoint("sample");
        if (!refusal.refusesLike(e)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Writes the rows that PostgreSQL takes, and finds those that it refuses by halving: a few more
   * statements for each bad row, none for its good neighbours one by one.
   *
   * @return how many rows changed
   */
  private int halve(Handle handle, List<StateRow> rows, List<Suspect> suspects) {
    handle.savepoint("slice");
    try {
      int written = states.write(handle, rows);
      handle.releaseSavepoint("slice");
      return written;
    } catch (RuntimeException e) {
      if (PostgresFailures.verdict(e) != PostgresFailures.Verdict.REFUSED) {
        throw e;
      }
      handle.rollbackToSavepoint("slice");
      if (rows.size() > 1) {
        int half = rows.size() / 2;
        return halve(handle, rows.subList(0, half), suspects)
            + halve(handle, rows.subList(half, rows.size()), suspects);
      }
      if (isDeleteOfUnknownAgent(rows.get(0), e)) {
        LOG.debug("nothing to delete: the agent of {} is gone", rows.get(0).key());
      } else {
        suspects.add(new Suspect(rows.get(0), e));
      }
      return 0;
    }
  }

  /** Its agent went while the statement ran: there is nothing left to delete. */
  private static boolean isDeleteOfUnknownAgent(StateRow row, RuntimeException thrown) {
    return row.isDelete() && PostgresFailures.state(thrown).equals(PostgresFailures.FOREIGN_KEY);
  }
}
