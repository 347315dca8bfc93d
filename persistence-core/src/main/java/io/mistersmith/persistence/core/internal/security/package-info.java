/** Protects what is stored: encrypts entries, shows who changed what, forgets agents. */
@NullMarked
package io.mistersmith.persistence.core.internal.security;

import org.jspecify.annotations.NullMarked;
