package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Backlog;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the outbox's space back, and watches how far the feed is behind. The runtime that publishes
 * does it in each turn; the others watch now and then, since nobody may publish. For one thread,
 * except {@link #notices}.
 */
public final class FeedUpkeep {

  private static final Logger LOG = LoggerFactory.getLogger(FeedUpkeep.class);

  private static final int SELDOM = 10;

  private final OutboxStore outbox;
  private final ChangeRelay relay;
  private final Duration alarmAfter;
  private int turns;
  private volatile @Nullable Backlog late;

  /** Tends {@code outbox}, and reports changes that have waited for {@code alarmAfter}. */
  public FeedUpkeep(OutboxStore outbox, ChangeRelay relay, Duration alarmAfter) {
    this.outbox = outbox;
    this.relay = relay;
    this.alarmAfter = alarmAfter;
  }

  /** Takes a turn; leaves it to the next one where PostgreSQL does not answer. */
  public void tend() {
    boolean publishing = relay.isPublishing();
    if (!publishing && turns++ % SELDOM != 0) {
      return;
    }
    try {
      if (publishing) {
        int emptied = outbox.rotate();
        LOG.debug("{} segments of the outbox were emptied", emptied);
      }
      Backlog backlog = outbox.backlog();
      late = backlog.lag().compareTo(alarmAfter) > 0 ? backlog : null;
    } catch (PersistenceException e) {
      LOG.debug("the outbox was not tended, the next turn does it", e);
    }
  }

  /** Returns a sentence for an operator while the feed is late. */
  public List<String> notices() {
    Backlog backlog = late;
    if (backlog == null) {
      return List.of();
    }
    return List.of(
        "the change feed is behind: the oldest of about %d unpublished changes is %d s old%s"
            .formatted(
                backlog.changes(),
                backlog.lag().toSeconds(),
                relay
                    .failure()
                    .map(failure -> ", and the last attempt failed: " + failure.getMessage())
                    .orElse(
                        relay.isPublishing()
                            ? "; look at NATS and at the load"
                            : "; see that a runtime publishes")));
  }
}
