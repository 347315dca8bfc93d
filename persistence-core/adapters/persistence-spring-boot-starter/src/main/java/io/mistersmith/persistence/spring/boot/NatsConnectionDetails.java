package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.NatsConfig.Authentication;
import io.mistersmith.persistence.config.TlsConfig;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Says where NATS is. A bean of this type has precedence over the properties {@code
 * persistence.nats.servers}, those of credentials, and {@code persistence.nats.tls}.
 */
public interface NatsConnectionDetails extends ConnectionDetails {

  /** Returns the URLs of the servers, at least one, such as {@code nats://localhost:4222}. */
  List<String> servers();

  /**
   * Returns how this process proves who it is; empty where nothing is asked, or the URLs say it.
   */
  default Optional<Authentication> authentication() {
    return Optional.empty();
  }

  /** Returns how connections are encrypted; empty where the URLs say it. */
  default Optional<TlsConfig> tls() {
    return Optional.empty();
  }
}
