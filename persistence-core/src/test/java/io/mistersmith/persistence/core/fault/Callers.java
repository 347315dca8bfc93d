package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Threads that use a runtime in every way that connections matter to, until they are stopped: they
 * overwrite state and write new keys, read both, and commit rows of their own.
 *
 * @param ledger of the state
 */
record Callers(
    Ledger ledger,
    Writers overwriting,
    Writers adding,
    OwnReads reads,
    CommittingWriters committing)
    implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int AGENTS = 4;

  /** Each of these keys stays, so that a faster writer would make every look at the rows slow. */
  private static final Duration PACE = Duration.ofMillis(2);

  /** Starts them. The table of the rows is created for them. */
  static Callers start(Persistence persistence, Installation installation) {
    installation.execute(CommittingWriters.TABLE);
    List<AgentId> agents = installation.register(persistence, AGENTS);
    StateRepository<Long> states = persistence.states(Long.class);
    Ledger ledger = new Ledger();
    return new Callers(
        ledger,
        Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger),
        Writers.paced(PACE, states, agents, Writers.Keys.ONCE, ledger),
        OwnReads.start(2, states, ledger),
        CommittingWriters.start(4, persistence));
  }

  /** Waits for so many more writes of state, and rows. */
  void awaitMore(int writes, int rows) {
    long goal = (long) committing.acknowledged().size() + rows;
    Waits.moreAcknowledged(ledger, writes);
    Awaitility.await().atMost(SOON).until(() -> committing.acknowledged().size() >= goal);
  }

  /** Stops all, waits for the flush, and returns what became of everything. */
  Tally settle(Installation installation) {
    close();
    return ledger.settle(installation).plus(committing.tally(installation));
  }

  @Override
  public void close() {
    overwriting.stop();
    adding.stop();
    committing.stop();
    reads.stop();
  }
}
