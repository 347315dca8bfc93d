package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Kind;
import io.mistersmith.persistence.event.CallObserver.Scope;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an observer may do to a call. */
class ObservedCallsTest {

  private static ObservedCalls observed(CallObserver observer, String jdbcUrl) {
    PersistenceConfig.Builder config = PersistenceConfig.inMemory();
    return ObservedCalls.of(
        PersistenceConfig.builder(config.build().nats(), PostgresConfig.of(jdbcUrl, "nobody"))
            .monitoring(MonitoringConfig.builder().observer(observer).build())
            .build());
  }

  private static Optional<String> traceOf(String text) {
    CallObserver observer =
        call ->
            new Scope() {
              @Override
              public Optional<String> trace() {
                return Optional.of(text);
              }

              @Override
              public Scope begin(Call part) {
                return this;
              }

              @Override
              public void end(Optional<? extends Throwable> failure) {}
            };
    return observed(observer, "jdbc:postgresql:agents")
        .nats(Kind.SEND, "AGENT_STATE", "HotWrites.publish", "AGENT_STATE", true)
        .trace();
  }

  @Test
  void aTraceThatAHeaderCanHoldTravels() {
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assertThat(traceOf(trace)).contains(trace);
  }

  /** jnats refuses the first, and a server could refuse the message for the last. */
  @ParameterizedTest
  @ValueSource(strings = {"a\r\nNats-TTL: 1s", "", "größer"})
  void anyOtherIsDropped(String text) {
    assertThat(traceOf(text)).isEmpty();
    assertThat(traceOf("x".repeat(257))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "jdbc:postgresql://host:5432/agents agents",
        "jdbc:postgresql://one:5432,two:5433/agents?ssl=true&a=/b agents",
        "jdbc:postgresql:agents agents",
        "jdbc:postgresql://host:5432/ ''",
      })
  void theDatabaseIsThatOfTheUrl(String jdbcUrl, String database) {
    assertThat(
            observed(call -> Scope.NOOP, jdbcUrl)
                .postgres("PRIMARY", "StateStore.find", Optional.empty(), 1, true)
                .namespace())
        .isEqualTo(Optional.of(database).filter(name -> !name.isEmpty()));
  }

  @Test
  void withoutAnObserverThereIsNothingToAsk() {
    assertThat(ObservedCalls.of(PersistenceConfig.inMemory().build()).isOn()).isFalse();
  }
}
