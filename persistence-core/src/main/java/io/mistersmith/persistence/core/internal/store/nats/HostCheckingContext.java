package io.mistersmith.persistence.core.internal.store.nats;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A context whose sockets compare the server's certificate with the host they connect to. jnats
 * takes a context, and leaves that comparison out: any certificate of a trusted authority would do.
 */
final class HostCheckingContext extends SSLContextSpi {

  private final SSLContext plain;

  private HostCheckingContext(SSLContext plain) {
    this.plain = plain;
  }

  static SSLContext of(SSLContext plain) {
    return new SSLContext(
        new HostCheckingContext(plain), plain.getProvider(), plain.getProtocol()) {};
  }

  @Override
  protected void engineInit(
      KeyManager @Nullable [] keys,
      TrustManager @Nullable [] trust,
      @Nullable SecureRandom random) {
    throw new IllegalStateException("the context is made already");
  }

  @Override
  protected SSLSocketFactory engineGetSocketFactory() {
    return new Sockets(plain.getSocketFactory());
  }

  @Override
  protected SSLServerSocketFactory engineGetServerSocketFactory() {
    return plain.getServerSocketFactory();
  }

  @Override
  protected SSLEngine engineCreateSSLEngine() {
    return plain.createSSLEngine();
  }

  @Override
  protected SSLEngine engineCreateSSLEngine(String host, int port) {
    return plain.createSSLEngine(host, port);
  }

  @Override
  protected SSLSessionContext engineGetServerSessionContext() {
    return plain.getServerSessionContext();
  }

  @Override
  protected SSLSessionContext engineGetClientSessionContext() {
    return plain.getClientSessionContext();
  }

  private static final class Sockets extends SSLSocketFactory {

    private final SSLSocketFactory plain;

    Sockets(SSLSocketFactory plain) {
      this.plain = plain;
    }

    private static Socket checking(Socket socket) {
      SSLSocket secure = (SSLSocket) socket;
      SSLParameters parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
      return secure;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return plain.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return plain.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket() throws IOException {
      return checking(plain.createSocket());
    }

    @Override
    public Socket createSocket(Socket connected, String host, int port, boolean close)
        throws IOException {
      return checking(plain.createSocket(connected, host, port, close));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return checking(plain.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return checking(plain.createSocket(host, port, local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return checking(plain.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return checking(plain.createSocket(host, port, local, localPort));
    }
  }
}
