package io.mistersmith.persistence.core.internal.state.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which waits are put off: those of the write that is started, and none that it leads to. */
class CommitWaitsTest {

  private static final Revision.OfJournal REVISION = new Revision.OfJournal(1, 1);

  private final List<StateKey> awaited = new ArrayList<>();
  private final List<Runnable> putOff = new ArrayList<>();
  private final AgentId agent = AgentId.random();
  private final StateKey outer = StateKey.of(agent, "outer");
  private final StateKey inner = StateKey.of(agent, "inner");
  private final CommitWaits waits = waits();
  private final CommitWaits ofAnotherType = waits();

  private CommitWaits waits() {
    return new CommitWaits(
        new Noted(),
        Duration.ofSeconds(1),
        true,
        new Window(1, 1, Duration.ZERO),
        putOff::add,
        Runnable::run);
  }

  /** Notes what is waited for. */
  private final class Noted implements Commits {
    @Override
    public void await(StateKey key, Revision.OfJournal revision, Duration limit) {
      awaited.add(key);
    }

    @Override
    public void awaitStep(Map<StateKey, Revision.OfJournal> step, Duration limit) {}

    @Override
    public void awaitAgent(AgentId of, Revision.OfJournal revision, Duration limit) {}

    @Override
    public void awaitAll(String what, Revision.OfJournal revision, Duration limit) {}
  }

  @Test
  void aSaveWithinAWriteReturnsOnceItIsCommitted() {
    CompletableFuture<String> written =
        waits.putOff(
            outer,
            () -> {
              waits.await(inner, REVISION);
              assertThat(awaited).containsExactly(inner);
              ofAnotherType.await(outer, REVISION);
              assertThat(awaited).containsExactly(inner, outer);
              waits.await(outer, REVISION);
              return "written";
            });
    assertThat(awaited).as("waits before the future").containsExactly(inner, outer);
    assertThat(written).isNotDone();
    putOff.forEach(Runnable::run);
    assertThat(awaited).containsExactly(inner, outer, outer);
    assertThat(written).isCompletedWithValue("written");
  }

  @Test
  void aWriteWithinAnotherLeavesThatOneItsWaits() {
    CompletableFuture<String> written =
        waits.putOff(
            outer,
            () -> {
              CompletableFuture<String> within = waits.putOff(inner, () -> "nothing to wait for");
              assertThat(within).isCompleted();
              waits.await(outer, REVISION);
              return "written";
            });
    assertThat(awaited).isEmpty();
    assertThat(written).isNotDone();
    putOff.forEach(Runnable::run);
    assertThat(awaited).containsExactly(outer);
  }

  @Test
  void whatComesAfterAFailedWriteWaits() {
    assertThatThrownBy(
            () ->
                waits.putOff(
                    outer,
                    () -> {
                      throw new IllegalStateException("refused");
                    }))
        .isInstanceOf(IllegalStateException.class);
    waits.await(outer, REVISION);
    assertThat(awaited).containsExactly(outer);
  }
}
