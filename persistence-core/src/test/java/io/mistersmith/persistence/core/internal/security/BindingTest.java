package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.codec.Sealing.Part;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BindingTest {

  private static final AgentId ONE = AgentId.external("one");
  private static final AgentId OTHER = AgentId.external("other");

  private final Binding state = new Binding("s", DataType.AGENT_STATE);
  private final Binding session = new Binding("s", DataType.SESSION_DATA);

  @Test
  void agentsStateIsNotBoundToTheAgent() {
    assertThat(state.of(StateKey.of(ONE, "k"))).isEqualTo(state.of(StateKey.of(OTHER, "k")));
  }

  @Test
  void otherDataIsBoundToItsOwner() {
    assertThat(session.of(StateKey.of(ONE, "k"))).isNotEqualTo(session.of(StateKey.of(OTHER, "k")));
  }

  @Test
  void keyTypeDataTypeAndScopeCount() {
    byte[] binding = state.of(StateKey.of(ONE, "k"));

    assertThat(state.of(StateKey.of(ONE, "l"))).isNotEqualTo(binding);
    assertThat(state.of(StateKey.of(ONE, "k").withType("t"))).isNotEqualTo(binding);
    assertThat(session.of(StateKey.of(ONE, "k"))).isNotEqualTo(binding);
    assertThat(new Binding("t", DataType.AGENT_STATE).of(StateKey.of(ONE, "k")))
        .isNotEqualTo(binding);
  }

  @Test
  void aPartIsBoundToItsPlaceAndToBeingTheLast() {
    UUID content = new UUID(1, 2);
    byte[] binding = state.of(new Part(content, 1, false));

    assertThat(state.of(new Part(content, 2, false))).isNotEqualTo(binding);
    assertThat(state.of(new Part(content, 1, true))).isNotEqualTo(binding);
    assertThat(state.of(new Part(new UUID(1, 3), 1, false))).isNotEqualTo(binding);
  }
}
