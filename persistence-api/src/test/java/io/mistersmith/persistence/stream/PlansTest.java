package io.mistersmith.persistence.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamPlan.Retention;
import io.mistersmith.persistence.stream.StreamPlan.Storage;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans of streams and consumers: their values, copies and refusals. */
class PlansTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a.b", "a*", "\u00e4"})
  void aNameHasLettersDigitsUnderscoresAndHyphens(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> StreamPlan.builder(name, "a.>"));
    assertThatIllegalArgumentException().isThrownBy(() -> ConsumerPlan.durable("S", name));
    assertThatIllegalArgumentException().isThrownBy(() -> ConsumerPlan.ephemeral(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "a.", ".a", "a..b", "*", ">", "*.a", "a.>.b", "a.b*", "a b", "\u00e4"})
  void aSubjectHasTokensAndWildcardsAfterTheFirst(String subject) {
    assertThatIllegalArgumentException().isThrownBy(() -> StreamPlan.builder("S", subject));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsumerPlan.durable("S", "c").filter(subject));
  }

  @Test
  void whatTheServerWouldRefuseIsRefusedHere() {
    assertThatIllegalArgumentException().isThrownBy(() -> StreamPlan.builder("S"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StreamPlan.builder("S", "a.>").maxAge(Duration.ofMillis(99)));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                StreamPlan.builder("S", "a.>")
                    .maxAge(Duration.ofMinutes(1))
                    .duplicateWindow(Duration.ofMinutes(2))
                    .build());
    assertThatIllegalArgumentException()
        .as("last of each subject needs a filter")
        .isThrownBy(() -> ConsumerPlan.ephemeral("S").start(Start.lastOfEachSubject()).build());
    assertThatIllegalArgumentException().isThrownBy(() -> Start.at(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsumerPlan.durable("S", "c").maxWait(Duration.ofMillis(500)));
    assertThatIllegalArgumentException().isThrownBy(() -> ConsumerPlan.durable("S", "c").backOff());
    assertThatIllegalArgumentException().isThrownBy(() -> Options.of(0));
  }

  @Test
  void aCopyLeavesItsOriginal() {
    StreamPlan plan = StreamPlan.taskExecution();
    StreamPlan changed = plan.toBuilder().maxBytes(4096).build();
    assertThat(changed.maxBytes()).contains(4096L);
    assertThat(plan.maxBytes()).contains(1024L * 1024 * 1024);
    StreamPlan.Builder builder = plan.toBuilder().maxBytes(8192);
    StreamPlan built = builder.build();
    builder.maxBytes(9000);
    assertThat(built.maxBytes()).as("built before the builder changed").contains(8192L);
    ConsumerPlan consumer = ConsumerPlan.taskProcessor();
    assertThat(consumer.toBuilder().maxDeliver(9).build().maxDeliver()).isEqualTo(9);
    assertThat(consumer.maxDeliver()).isEqualTo(3);
  }

  @Test
  void thePresetsKeepTheIntentOfTheSystem() {
    assertThat(StreamPlan.agentState().maxAge()).isEqualTo(Duration.ofMinutes(30));
    assertThat(StreamPlan.agentState().allowRollup()).isTrue();
    assertThat(StreamPlan.taskExecution().retention()).isEqualTo(Retention.LIMITS);
    assertThat(StreamPlan.taskExecution().subjects())
        .contains("tasks.updated.>", "tasks.deleted.>")
        .hasSize(7);
    assertThat(StreamPlan.taskExecution().maxMessageBytes()).isEmpty();
    assertThat(StreamPlan.agentMessages().storage()).isEqualTo(Storage.MEMORY);
    assertThat(StreamPlan.agentMessages().replicated()).isFalse();
    assertThat(ConsumerPlan.taskProcessor().filter()).contains("tasks.started.>");
    assertThat(ConsumerPlan.taskProcessor().maxAckPending()).isEqualTo(100);
    assertThat(ConsumerPlan.monitoring().name()).isEmpty();
    assertThat(ConsumerPlan.monitoring().acknowledgement()).isEqualTo(Acknowledgement.NONE);
    assertThat(ConsumerPlan.monitoring().start()).isEqualTo(Start.lastOfEachSubject());
    assertThat(ConsumerPlan.messageBatchProcessor().maxBatch()).isEqualTo(100);
    assertThat(ConsumerPlan.messageBatchProcessor().maxWait()).isEqualTo(Duration.ofSeconds(30));
  }
}
