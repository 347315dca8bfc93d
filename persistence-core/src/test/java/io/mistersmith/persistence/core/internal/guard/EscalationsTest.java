package io.mistersmith.persistence.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.testkit.time.ManualClock;
import org.junit.jupiter.api.Test;

/** Which escalations end without an operator. */
class EscalationsTest {

  private final Escalations escalations = new Escalations(event -> {}, ManualClock.create());

  @Test
  void aCallThatSucceedsEndsWhatItsRightsOrSettingsRefused() {
    fail("get", DataError.ACCESS_DENIED);
    fail("get", DataError.MISCONFIGURED);
    fail("get", DataError.DATA_CORRUPTION);
    fail("put", DataError.ACCESS_DENIED);
    escalations.succeeded("nats", "AGENT_STATE", "get");
    assertThat(escalations.all())
        .extracting(open -> open.operation() + " " + open.error())
        .containsExactly("get DATA_CORRUPTION", "put ACCESS_DENIED");
  }

  @Test
  void aStoreThatIsBackEndsAllOfItsOwn() {
    fail("get", DataError.MISCONFIGURED);
    fail("put", DataError.ACCESS_DENIED);
    fail("put", DataError.DATA_CORRUPTION);
    escalations.back("postgresql");
    assertThat(escalations.all()).hasSize(3);
    escalations.back("nats");
    assertThat(escalations.all())
        .extracting(Escalation::error)
        .containsExactly(DataError.DATA_CORRUPTION);
  }

  private void fail(String operation, DataError error) {
    escalations.add(
        "nats", "AGENT_STATE", operation, new NonTransientPersistenceException(error, "refused"));
  }
}
