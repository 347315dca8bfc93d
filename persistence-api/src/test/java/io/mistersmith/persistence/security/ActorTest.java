package io.mistersmith.persistence.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActorTest {

  private static final Actor ANN = Actor.of("ann").withCorrelationId("request-1");
  private static final Actor BOB = Actor.of("bob");

  @Test
  void threadHasTheInnermostActor() {
    assertThat(Actor.current()).isEmpty();
    ANN.run(
        () -> {
          assertThat(Actor.current()).contains(ANN);
          assertThat(BOB.call(Actor::current)).contains(BOB);
          assertThat(Actor.current()).contains(ANN);
        });
    assertThat(Actor.current()).isEmpty();
  }

  @Test
  void workThatFailsEndsTheScope() {
    IllegalStateException failure = new IllegalStateException("failed");
    Runnable failing =
        () -> {
          throw failure;
        };
    assertThatThrownBy(() -> ANN.run(failing)).isSameAs(failure);
    assertThat(Actor.current()).isEmpty();
  }

  @Test
  void otherThreadHasTheActorOfCarriedWorkAlone() {
    CompletableFuture<Optional<Actor>> plain =
        ANN.call(() -> CompletableFuture.supplyAsync(Actor::current));
    assertThat(plain.join()).isEmpty();
    CompletableFuture<Optional<Actor>> carried =
        ANN.call(() -> CompletableFuture.supplyAsync(Actor.carry(() -> Actor.current())));
    assertThat(carried.join()).contains(ANN);
  }

  @Test
  void workOfNobodyIsCarriedAsItIs() {
    Runnable work = () -> {};
    assertThat(Actor.carry(work)).isSameAs(work);
  }

  @Test
  void copyOfAnEntryIsNoWriteOfItsReader() {
    EntryMetadata copy = EntryMetadata.hydrated(new Revision.OfJournal(1, 7), Optional.empty());
    assertThat(copy.by(Optional.of(ANN)).actor()).isEmpty();
    assertThat(EntryMetadata.NONE.by(Optional.of(ANN)).by(Optional.empty()).actor()).contains(ANN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ann", "ann ", "a\nb", "a\r\nPersistence-Actor: b", "é", "\u007f"})
  void textThatIsNoHeaderIsRefusedAndNotRepeated(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Actor.of(text))
        .withMessageContaining("printable ASCII");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BOB.withCorrelationId(text))
        .withMessageStartingWith("correlation id")
        .withMessageNotContaining("Persistence-Actor");
  }

  @Test
  void lengthIsBounded() {
    assertThat(Actor.isLegal("a".repeat(Actor.MAX_LENGTH))).isTrue();
    assertThat(Actor.isLegal("a".repeat(Actor.MAX_LENGTH + 1))).isFalse();
    assertThat(Actor.isLegal("svc:billing/1 (eu)")).isTrue();
  }
}
