package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamStatusException;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.NatsMessage;
import io.nats.client.support.Status;
import java.io.IOException;

/** Translates what jnats throws, for tests of other packages. */
public final class NatsTranslation {

  private NatsTranslation() {}

  /** Returns the typed failure. */
  public static PersistenceException of(Throwable thrown) {
    return NatsFailures.translate("test", thrown);
  }

  /** Returns the typed failure of an answer that is an error of JetStream. */
  public static PersistenceException ofAnswer(int code, int error) {
    String answer =
        "{\"error\":{\"code\":%d,\"err_code\":%d,\"description\":\"said so\"}}"
            .formatted(code, error);
    try {
      PublishAck taken = new PublishAck(NatsMessage.builder().subject("x").data(answer).build());
      throw new AssertionError("accepted: " + taken);
    } catch (JetStreamApiException | IOException e) {
      return of(e);
    }
  }

  /** Returns the typed failure of a request that nobody listens to. */
  public static PersistenceException ofNoResponders() {
    return of(new JetStreamStatusException(new Status(503, "No Responders")));
  }
}
