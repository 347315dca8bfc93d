package io.mistersmith.persistence.conflict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.conflict.Conflict.Candidate;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.crdt.GCounter;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConflictResolverTest {
  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "counters.seen");

  private static HybridTimestamp at(long millis, String node) {
    return new HybridTimestamp(millis, 0, node);
  }

  private static <T> Candidate<T> written(HybridTimestamp at, T value) {
    return new Candidate<>(Optional.of(value), Optional.empty(), at, VectorClock.empty().tick(at));
  }

  private static <T> Candidate<T> deleted(HybridTimestamp at) {
    return new Candidate<>(Optional.empty(), Optional.empty(), at, VectorClock.empty().tick(at));
  }

  private static <T> Resolution<T> ask(
      ConflictResolver<T> resolver, Candidate<T> current, Candidate<T> incoming) {
    return resolver.resolve(new Conflict<>(KEY, current, incoming));
  }

  @Test
  void lastWriteWinsGoesByTimeAndThenByNode() {
    ConflictResolver<String> resolver = ConflictResolver.lastWriteWins();
    assertThat(ask(resolver, written(at(1, "a"), "x"), written(at(2, "a"), "y")))
        .isEqualTo(Resolution.takeIncoming());
    assertThat(ask(resolver, written(at(2, "a"), "x"), written(at(1, "a"), "y")))
        .isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, written(at(1, "b"), "x"), written(at(1, "a"), "y")))
        .isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, written(at(1, "a"), "x"), deleted(at(1, "b"))))
        .isEqualTo(Resolution.takeIncoming());
  }

  @Test
  void theVersionThatHasSeenTheOtherStays() {
    ConflictResolver<String> resolver = ConflictResolver.vectorClock(ConflictResolver.reject());
    Candidate<String> first = written(at(1, "a"), "x");
    Candidate<String> next =
        new Candidate<>(
            Optional.of("y"), Optional.empty(), at(0, "b"), first.clock().tick(at(0, "b")));
    assertThat(ask(resolver, first, next)).isEqualTo(Resolution.takeIncoming());
    assertThat(ask(resolver, next, first)).isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, first, first)).isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, first, written(at(5, "b"), "z")))
        .isInstanceOf(Resolution.Rejected.class);
  }

  @Test
  void crdtsAreMergedAndSurviveADelete() {
    ConflictResolver<GCounter> resolver = ConflictResolver.crdtMerge();
    Candidate<GCounter> one = written(at(1, "a"), GCounter.empty().increment("a", 2));
    Candidate<GCounter> other = written(at(1, "b"), GCounter.empty().increment("b", 3));
    assertThat(ask(resolver, one, other))
        .isInstanceOfSatisfying(
            Resolution.Merged.class,
            merged -> assertThat(((GCounter) merged.value()).value()).isEqualTo(5));
    assertThat(ask(resolver, one, deleted(at(9, "b")))).isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, deleted(at(9, "b")), one)).isEqualTo(Resolution.takeIncoming());
  }

  @Test
  void aFunctionOfTheCallerMergesTwoValuesAndTimeDecidesAgainstADelete() {
    ConflictResolver<String> resolver = ConflictResolver.customMerge(String::concat);
    assertThat(ask(resolver, written(at(1, "a"), "x"), written(at(0, "b"), "y")))
        .isEqualTo(Resolution.merged("xy"));
    assertThat(ask(resolver, deleted(at(1, "a")), written(at(0, "b"), "y")))
        .isEqualTo(Resolution.keepCurrent());
    assertThat(ask(resolver, deleted(at(1, "a")), written(at(2, "b"), "y")))
        .isEqualTo(Resolution.takeIncoming());
  }

  @Test
  void theLongestPrefixThatFitsDecides() {
    ConflictResolver<String> otherwise = ConflictResolver.lastWriteWins();
    ConflictResolver<String> counters = ConflictResolver.customMerge(String::concat);
    ConflictResolver<String> seen = ConflictResolver.reject();
    ConflictRules<String> rules =
        ConflictRules.of(otherwise)
            .withPrefix("counters.", counters)
            .withPrefix("counters.seen", seen);
    assertThat(rules.resolverFor(KEY)).isSameAs(seen);
    assertThat(rules.resolverFor(StateKey.of(AgentId.external("agent"), "counters.x")))
        .isSameAs(counters);
    assertThat(rules.resolverFor(StateKey.of(AgentId.external("agent"), "plan")))
        .isSameAs(otherwise);
    assertThatIllegalArgumentException().isThrownBy(() -> rules.withPrefix("", seen));
  }
}
