package io.mistersmith.persistence.core.internal.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static Pipeline<String> pipeline(Duration limit) {
    return new Pipeline<>("restore of a", 3, Deadline.after(limit));
  }

  private static Revision.OfJournal at(long sequence) {
    return new Revision.OfJournal(1, sequence);
  }

  private static CompletableFuture<Revision.OfJournal> acknowledged(long sequence) {
    return CompletableFuture.completedFuture(at(sequence));
  }

  @Test
  void sendsNothingAfterItsDeadline() {
    Pipeline<String> late = pipeline(Duration.ZERO);
    List<String> sent = new ArrayList<>();
    assertThatThrownBy(
            () ->
                late.send(
                    "a",
                    () -> {
                      sent.add("a");
                      return acknowledged(1);
                    }))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("restore of a: 0 of 3 writes");
    assertThat(sent).isEmpty();
  }

  @Test
  void waitsNoLongerThanItsDeadline() {
    Pipeline<String> pipeline = pipeline(Duration.ofMillis(50));
    pipeline.send("a", () -> acknowledged(1));
    pipeline.send("b", CompletableFuture::new);
    assertThatThrownBy(() -> pipeline.join(write -> at(9)))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("1 of 3 writes");
  }

  @Test
  void makesThoseAgainThatAnotherWriterOvertook() {
    Pipeline<String> pipeline = pipeline(SOON);
    pipeline.send("a", () -> acknowledged(7));
    pipeline.send(
        "b",
        () ->
            CompletableFuture.failedFuture(
                new TransientPersistenceException(DataError.VERSION_CONFLICT, "overtaken")));
    pipeline.send("c", () -> acknowledged(5));
    List<String> again = new ArrayList<>();
    assertThat(
            pipeline.join(
                write -> {
                  again.add(write);
                  return at(8);
                }))
        .contains(at(8));
    assertThat(again).containsExactly("b");
    assertThat(pipeline(SOON).join(write -> at(9))).isEmpty();
  }

  @Test
  void failsAsTheFirstThatFailed() {
    Pipeline<String> pipeline = pipeline(SOON);
    NonTransientPersistenceException full =
        new NonTransientPersistenceException(DataError.MISCONFIGURED, "full");
    pipeline.send("a", () -> CompletableFuture.failedFuture(full));
    assertThatThrownBy(() -> pipeline.join(write -> at(9))).isSameAs(full);
  }
}
