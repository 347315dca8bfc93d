package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the server's errors about a connection or its messages, which jnats reports to no
 * caller.
 */
final class ServerErrors implements ErrorListener {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);
  private static final Pattern DENIED =
      Pattern.compile(
          "permissions violation for (publish|subscription)[^\"]*\"([^\"]*)\".*",
          Pattern.CASE_INSENSITIVE);

  /** Receives the errors on a thread that must not block. */
  interface Listener {

    /** A message that was sent to the subject was dropped. */
    void publishDenied(String subject, String said);

    /** Nothing is delivered from the subject, and will not be when the right is given back. */
    void subscriptionDenied(Connection connection, String subject, String said);
  }

  private final Listener listener;

  ServerErrors(Listener listener) {
    this.listener = listener;
  }

  @Override
  public void errorOccurred(Connection connection, String error) {
    Matcher denied = DENIED.matcher(error);
    if (!denied.matches()) {
      log.warn("NATS server: {}", error);
    } else if (denied.group(1).equalsIgnoreCase("publish")) {
      log.debug("NATS server: {}", error);
      listener.publishDenied(denied.group(2), error);
    } else {
      log.warn("NATS server: {}", error);
      listener.subscriptionDenied(connection, denied.group(2), error);
    }
  }

  @Override
  public void exceptionOccurred(Connection connection, Exception exception) {
    log.debug("NATS connection", exception);
  }

  @Override
  public void slowConsumerDetected(Connection connection, Consumer consumer) {
    log.warn("A NATS subscription is too slow and drops messages; its reader starts over");
  }
}
