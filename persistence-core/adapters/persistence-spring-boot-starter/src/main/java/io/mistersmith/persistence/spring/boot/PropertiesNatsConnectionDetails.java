package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.NatsConfig.Authentication;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where NATS is, by the properties. */
record PropertiesNatsConnectionDetails(NatsProperties properties) implements NatsConnectionDetails {

  @Override
  public List<String> servers() {
    return properties.servers();
  }

  @Override
  public Optional<Authentication> authentication() {
    List<Authentication> ways = new ArrayList<>();
    if (properties.credentialsFile() != null) {
      ways.add(new Authentication.CredentialsFile(properties.credentialsFile()));
    }
    if (properties.nkeySeedFile() != null) {
      ways.add(new Authentication.NkeySeedFile(properties.nkeySeedFile()));
    }
    if (properties.username() != null) {
      Secret password = secret(properties.password());
      ways.add(new Authentication.UserPassword(properties.username(), () -> password));
    }
    if (properties.token() != null) {
      Secret token = secret(properties.token());
      ways.add(new Authentication.Token(() -> token));
    }
    if (ways.size() > 1) {
      throw new IllegalArgumentException(
          "persistence.nats has several credentials; keep one of credentials-file, nkey-seed-file,"
              + " username and token");
    }
    return ways.stream().findFirst();
  }

  private static Secret secret(@Nullable String value) {
    return Secret.of(value == null ? "" : value);
  }

  @Override
  public Optional<TlsConfig> tls() {
    return properties.tls().config();
  }
}
