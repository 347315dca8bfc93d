package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Signs certificates for servers and clients of a test, by the keytool of the running JDK. Each is
 * valid for 127.0.0.1, localhost and 30 days. Thread-safe.
 */
public final class CertificateAuthority {

  private static final String PASSWORD = "password";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path directory;
  private final Path certificate;
  private int issued;

  private CertificateAuthority(Path directory) {
    this.directory = directory;
    this.certificate = directory.resolve("ca.pem");
  }

  /**
   * Makes an authority.
   *
   * @param directory where its files are, and those of what it issues; created if need be
   */
  public static CertificateAuthority create(Path directory) {
    CertificateAuthority authority = new CertificateAuthority(directory);
    try {
      Files.createDirectories(directory);
      authority.keytool("ca", "-genkeypair", "-dname", "CN=" + directory.getFileName());
      authority.keytool("ca", "-exportcert", "-rfc", "-file", authority.certificate.toString());
      return authority;
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make " + directory, e);
    }
  }

  /** The authority's own certificate, in PEM. */
  public Path certificate() {
    return certificate;
  }

  /**
   * Issues a certificate with a new key.
   *
   * @param name its common name; for a client of PostgreSQL the user
   */
  public Issued issue(String name) {
    return issue(name, "ip:127.0.0.1,dns:localhost");
  }

  /** Issues a certificate for another host than this one. */
  public Issued issueForHost(String host) {
    return issue(host, "dns:" + host);
  }

  private synchronized Issued issue(String name, String hosts) {
    String alias = "issued-" + ++issued;
    Path signed = directory.resolve(alias + ".pem");
    String request = directory.resolve(alias + ".csr").toString();
    keytool(alias, "-genkeypair", "-dname", "CN=" + name);
    keytool(alias, "-certreq", "-file", request);
    keytool(
        "ca",
        "-gencert",
        "-rfc",
        "-infile",
        request,
        "-outfile",
        signed.toString(),
        "-ext",
        "san=" + hosts);
    return new Issued(signed, key(alias));
  }

  private void keytool(String alias, String command, String... arguments) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    line.addAll(List.of(command, "-alias", alias, "-keystore", store(alias).toString()));
    line.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    if (command.startsWith("-gen")) {
      line.addAll(List.of("-validity", "30"));
    }
    if (command.equals("-genkeypair")) {
      line.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
      line.addAll(alias.equals("ca") ? List.of("-ext", "bc:c=ca:true") : List.of());
    }
    line.addAll(List.of(arguments));
    CommandRun.check(line, LIMIT, null);
  }

  private Path store(String alias) {
    return directory.resolve(alias + ".p12");
  }

  private Path key(String alias) {
    try (InputStream in = Files.newInputStream(store(alias))) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      byte[] encoded = keys.getKey(alias, PASSWORD.toCharArray()).getEncoded();
      String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
      Path file = directory.resolve(alias + "-key.pem");
      Files.writeString(
          file,
          "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n",
          StandardCharsets.US_ASCII);
      // PostgreSQL refuses a key that others can read.
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write the key of " + alias, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Could not read the key of " + alias, e);
    }
  }

  /**
   * A certificate and its key, as PEM files; the key can be read by this process's user alone.
   *
   * @param certificate the certificate
   * @param key its key, in PKCS#8
   */
  public record Issued(Path certificate, Path key) {

    /** Puts the content of another one into these files, as an operator does who renews them. */
    public void replaceBy(Issued other) {
      replace(certificate, other.certificate);
      replace(key, other.key);
    }
  }

  /** Puts the content of a file in place of another one's, at once. */
  public static void replace(Path file, Path content) {
    try {
      Path copy = file.resolveSibling(file.getFileName() + ".new");
      Files.copy(
          content, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
      Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not replace " + file, e);
    }
  }
}
