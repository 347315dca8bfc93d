package io.mistersmith.persistence.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * Says how connections to a store are encrypted, and which certificates prove who is at their ends.
 * All files are PEM, and each connection reads them again: a certificate that is replaced on disk
 * is used from the next connection on. Immutable; {@link #builder} makes one and {@link #toBuilder}
 * a changed copy.
 */
public final class TlsConfig {

  /** How much TLS proves of the server. */
  public enum Mode {
    /** No encryption. */
    DISABLE,
    /** Encryption if the server offers it, and no check of its certificate; PostgreSQL alone. */
    PREFER,
    /**
     * Encrypts, and does not check the server's certificate: any server that answers is believed.
     */
    REQUIRE,
    /** Encryption, and a certificate that an authority we trust has signed for any host. */
    VERIFY_CA,
    /** Encryption, and a certificate that an authority we trust has signed for this very host. */
    VERIFY_FULL;

    /** Returns whether the server's certificate is checked. */
    public boolean verifies() {
      return this == VERIFY_CA || this == VERIFY_FULL;
    }
  }

  private final Mode mode;
  private final Optional<Path> rootCertificate;
  private final Optional<Path> clientCertificate;
  private final Optional<Path> clientKey;

  private TlsConfig(Builder builder) {
    this.mode = builder.mode;
    this.rootCertificate = builder.rootCertificate;
    this.clientCertificate = builder.clientCertificate;
    this.clientKey = builder.clientKey;
  }

  /** Returns the mode without files of its own: what verifies trusts the JDK's authorities. */
  public static TlsConfig of(Mode mode) {
    return builder(mode).build();
  }

  /** Returns a builder without files. */
  public static Builder builder(Mode mode) {
    return new Builder(mode);
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    Builder builder = new Builder(mode);
    builder.rootCertificate = rootCertificate;
    builder.clientCertificate = clientCertificate;
    builder.clientKey = clientKey;
    return builder;
  }

  /** Returns how much is checked of the server. */
  public Mode mode() {
    return mode;
  }

  /**
   * Returns the file with the certificates of the authorities that may have signed the server's;
   * empty for those that the JDK trusts.
   */
  public Optional<Path> rootCertificate() {
    return rootCertificate;
  }

  /** Returns the file with the certificate that is shown to the server, and its chain. */
  public Optional<Path> clientCertificate() {
    return clientCertificate;
  }

  /** Returns the file with the key of {@link #clientCertificate}. */
  public Optional<Path> clientKey() {
    return clientKey;
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "TlsConfig[", "]").add("mode=" + mode);
    rootCertificate.ifPresent(file -> text.add("rootCertificate=" + file));
    clientCertificate.ifPresent(file -> text.add("clientCertificate=" + file));
    clientKey.ifPresent(file -> text.add("clientKey=" + file));
    return text.toString();
  }

  /** Collects a configuration. Not thread-safe. */
  public static final class Builder {

    private Mode mode;
    private Optional<Path> rootCertificate = Optional.empty();
    private Optional<Path> clientCertificate = Optional.empty();
    private Optional<Path> clientKey = Optional.empty();

    private Builder(Mode mode) {
      this.mode = mode;
    }

    /** See {@link TlsConfig#mode()}. */
    public Builder mode(Mode value) {
      this.mode = value;
      return this;
    }

    /** See {@link TlsConfig#rootCertificate()}. */
    public Builder rootCertificate(Path value) {
      this.rootCertificate = Optional.of(value);
      return this;
    }

    /**
     * Sets what this process shows to the server.
     *
     * @param certificate the certificate and its chain
     * @param key the key in PKCS#8 ({@code BEGIN PRIVATE KEY}), without a password; only this
     *     process's user should be able to read it
     */
    public Builder clientCertificate(Path certificate, Path key) {
      this.clientCertificate = Optional.of(certificate);
      this.clientKey = Optional.of(key);
      return this;
    }

    /**
     * Returns the configuration.
     *
     * @throws IllegalArgumentException where a file is given that the mode does not use
     */
    public TlsConfig build() {
      Checks.that(
          mode.verifies() || rootCertificate.isEmpty(),
          "tls.rootCertificate is given, but the mode "
              + mode
              + " checks no certificate; use VERIFY_FULL or VERIFY_CA, or take the file out");
      Checks.that(
          mode != Mode.DISABLE || clientCertificate.isEmpty(),
          "tls.clientCertificate is given, but the mode is DISABLE; use VERIFY_FULL, or take the"
              + " file out");
      return new TlsConfig(this);
    }
  }
}
