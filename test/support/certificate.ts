/**
 * A certificate for localhost that nobody trusts, for tests over TLS. Made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost`.
 */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3VopXl4/AIj/t8Lg
yUo/pR/rriAhpmCH3ikg/5R74JmhRANCAAQdQKI9XwfKWp4ZTyEWbwqNSBWtH0Rd
0IFHDM6enp3MEIHT9groNTeuWk6XBeQCm8y46qUEWqr1oT/Iyy9eX+vY
-----END PRIVATE KEY-----`;

export const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUIrOZL/Qmgjp5if6gbFiRRQUTMjUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEyMDQ1N1oYDzIxMjYxMDMw
MTIwNDU3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQdQKI9XwfKWp4ZTyEWbwqNSBWtH0Rd0IFHDM6enp3MEIHT9groNTeu
Wk6XBeQCm8y46qUEWqr1oT/Iyy9eX+vYo28wbTAdBgNVHQ4EFgQUhe5Ue3JBUwu/
vEVCjLWyXhqkgSIwHwYDVR0jBBgwFoAUhe5Ue3JBUwu/vEVCjLWyXhqkgSIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgOHZzil9s5BbG8sqrAQ38tRGcE4sGFpwva17taIboergCIQDP
TobGCPbjIdlbkLVB0ccvP+MZn+AnBf1hvytz7Wmaxg==
-----END CERTIFICATE-----`;
