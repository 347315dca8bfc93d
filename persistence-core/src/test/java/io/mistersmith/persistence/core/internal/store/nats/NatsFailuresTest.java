package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NatsFailuresTest {

  @ParameterizedTest
  @CsvSource({
    "400, 10071, VERSION_CONFLICT, true",
    "400, 10164, VERSION_CONFLICT, true",
    "503, 10077, STORE_FULL, false",
    "503, 10023, STORE_FULL, false",
    "400, 10002, STORE_FULL, false",
    "500, 10028, STORE_FULL, false",
    "400, 10026, MISCONFIGURED, false",
    "400, 10027, MISCONFIGURED, false",
    "400, 10109, MISCONFIGURED, false",
    "500, 10047, STORE_FULL, false",
    "400, 10054, VALUE_TOO_LARGE, false",
    "404, 10059, CONNECTION_FAILED, true",
    "503, 10008, UNAVAILABLE, true",
    "429, 10167, UNAVAILABLE, true",
    "503, 10076, MISCONFIGURED, false",
    "503, 10039, MISCONFIGURED, false",
    "500, 10052, MISCONFIGURED, false",
    "400, 10166, MISCONFIGURED, false",
  })
  void serverErrorsAreTyped(int code, int error, DataError kind, boolean isTransient) {
    Throwable refused = refusal(code, error);
    for (Throwable failure :
        new Throwable[] {
          refused,
          new ExecutionException(new RuntimeException(refused)),
          new CompletionException(refused)
        }) {
      PersistenceException typed = NatsFailures.translate("write agent/key", failure);
      assertThat(typed.error()).isEqualTo(kind);
      assertThat(typed.isTransient()).isEqualTo(isTransient);
      assertThat(typed).hasMessageContaining("agent/key").hasMessageContaining("" + error);
    }
  }

  @Test
  void whatEndsWithoutAnAnswerIsTransient() {
    for (Throwable failure :
        new Throwable[] {
          new CancellationException("closing"),
          new IOException("broken pipe"),
          new IllegalStateException("Connection is Closed")
        }) {
      PersistenceException typed = NatsFailures.translate("get agent/key", failure);
      assertThat(typed.error()).isEqualTo(DataError.CONNECTION_FAILED);
      assertThat(typed.isTransient()).isTrue();
    }
    assertThat(NatsFailures.translate("get agent/key", new TimeoutException()).error())
        .isEqualTo(DataError.TIMEOUT);
  }

  private static Throwable refusal(int code, int error) {
    String answer =
        "{\"error\":{\"code\":%d,\"err_code\":%d,\"description\":\"said so\"}}"
            .formatted(code, error);
    try {
      return new IllegalStateException(
          "accepted: " + new PublishAck(NatsMessage.builder().subject("x").data(answer).build()));
    } catch (JetStreamApiException e) {
      return e;
    } catch (IOException e) {
      return new IllegalStateException(e);
    }
  }
}
