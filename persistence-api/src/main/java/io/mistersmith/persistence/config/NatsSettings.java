package io.mistersmith.persistence.config;

import static io.mistersmith.persistence.config.SettingName.NATS_CA_CERT;
import static io.mistersmith.persistence.config.SettingName.NATS_CREDS_FILE;
import static io.mistersmith.persistence.config.SettingName.NATS_KV_COMPRESSION;
import static io.mistersmith.persistence.config.SettingName.NATS_KV_MAX_SIZE;
import static io.mistersmith.persistence.config.SettingName.NATS_KV_PREFIX;
import static io.mistersmith.persistence.config.SettingName.NATS_KV_REPLICAS;
import static io.mistersmith.persistence.config.SettingName.NATS_KV_TTL_MINUTES;
import static io.mistersmith.persistence.config.SettingName.NATS_NKEY_FILE;
import static io.mistersmith.persistence.config.SettingName.NATS_PASSWORD;
import static io.mistersmith.persistence.config.SettingName.NATS_SERVERS;
import static io.mistersmith.persistence.config.SettingName.NATS_TLS_CERT;
import static io.mistersmith.persistence.config.SettingName.NATS_TLS_KEY;
import static io.mistersmith.persistence.config.SettingName.NATS_TLS_MODE;
import static io.mistersmith.persistence.config.SettingName.NATS_TOKEN;
import static io.mistersmith.persistence.config.SettingName.NATS_USER;

import io.mistersmith.persistence.config.BucketConfig.Storage;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** How to reach NATS and what its buckets are like, by names. */
final class NatsSettings {

  /** A blank value is the default, so that no prefix needs a word. */
  private static final String NO_PREFIX = "none";

  private final NamedSettings settings;

  NatsSettings(NamedSettings settings) {
    this.settings = settings;
  }

  NatsConfig configure() {
    NatsConfig.Builder nats =
        NatsConfig.builder(settings.list(NATS_SERVERS).toArray(String[]::new));
    authenticate(nats);
    settings
        .tls(NATS_TLS_MODE, NATS_CA_CERT, NATS_TLS_CERT, NATS_TLS_KEY)
        .ifPresent(tls -> NamedSettings.checked(() -> nats.tls(tls), "NATS_TLS_MODE: "));
    String prefix = settings.text(NATS_KV_PREFIX);
    nats.namePrefix(prefix.equals(NO_PREFIX) ? "" : prefix);
    nats.replicas(settings.number(NATS_KV_REPLICAS, 1, 5));
    return nats.build();
  }

  private void authenticate(NatsConfig.Builder nats) {
    List<SettingName> ways =
        Stream.of(NATS_CREDS_FILE, NATS_NKEY_FILE, NATS_USER, NATS_TOKEN)
            .filter(name -> settings.given(name).isPresent())
            .toList();
    Checks.that(ways.size() < 2, ways + " are set, but a connection proves itself in one way");
    Checks.that(
        settings.given(NATS_USER).isPresent() == settings.given(NATS_PASSWORD).isPresent(),
        "of NATS_USER and NATS_PASSWORD only one is set; set both, or none");
    settings.path(NATS_CREDS_FILE).ifPresent(nats::credentialsFile);
    settings.path(NATS_NKEY_FILE).ifPresent(nats::nkeySeedFile);
    settings.secret(NATS_TOKEN.name()).ifPresent(nats::token);
    settings
        .secret(NATS_PASSWORD.name())
        .ifPresent(password -> nats.userPassword(settings.text(NATS_USER), password));
  }

  /** Size and compression are for the buckets on disk; the one in memory keeps its own. */
  PersistenceConfig.Builder buckets(PersistenceConfig.Builder config) {
    long size = settings.bytes(NATS_KV_MAX_SIZE);
    Checks.that(
        size >= 1024, "NATS_KV_MAX_SIZE is " + size + "; give 1024 bytes or more, such as 1GB");
    boolean compressed = settings.flag(NATS_KV_COMPRESSION);
    for (Bucket bucket : Bucket.values()) {
      BucketConfig defaults = bucket.defaults();
      if (defaults.storage() == Storage.FILE) {
        config.bucket(bucket, defaults.toBuilder().maxBytes(size).compressed(compressed).build());
      }
    }
    Duration idle = Duration.ofMinutes(settings.number(NATS_KV_TTL_MINUTES, 1, 525_600));
    return config.flush(FlushConfig.builder().idleTimeToLive(idle).build());
  }
}
