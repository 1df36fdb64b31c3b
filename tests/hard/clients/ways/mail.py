"""Mail, files and chat."""

from __future__ import annotations

from functools import partial

from tests.hard.clients.peers import text
from tests.hard.clients.way import TIMEOUT, way


@way("aiosmtplib", "SMTP, use_tls", text.smtp)
async def aiosmtplib_tls(host, port, context):
    import aiosmtplib

    options = {"hostname": host, "port": port, "timeout": TIMEOUT, "use_tls": True}
    async with aiosmtplib.SMTP(**options, tls_context=context) as mail:
        await mail.login("customer", "tulip")


@way("aiosmtplib", "SMTP, start_tls", text.smtp_starttls)
async def aiosmtplib_starttls(host, port, context):
    import aiosmtplib

    options = {"hostname": host, "port": port, "timeout": TIMEOUT, "start_tls": True}
    async with aiosmtplib.SMTP(**options, tls_context=context) as mail:
        await mail.login("customer", "tulip")


@way("aioimaplib", "IMAP4_SSL", text.imap)
async def aioimaplib_ssl(host, port, context):
    from aioimaplib import IMAP4_SSL

    mail = IMAP4_SSL(host, port, timeout=TIMEOUT, ssl_context=context)
    await mail.wait_hello_from_server()
    assert (await mail.login("customer", "tulip")).result == "OK"


@way("imapclient", "IMAPClient, ssl", text.imap)
def imapclient_ssl(host, port, context):
    from imapclient import IMAPClient

    with IMAPClient(host, port, ssl=True, ssl_context=context, timeout=TIMEOUT) as mail:
        mail.login("customer", "tulip")


@way("imapclient", "IMAPClient, starttls", text.imap_starttls)
def imapclient_starttls(host, port, context):
    from imapclient import IMAPClient

    with IMAPClient(host, port, ssl=False, timeout=TIMEOUT) as mail:
        mail.starttls(context)
        mail.login("customer", "tulip")


@way("aioftp", "Client, ssl", text.ftp)
async def aioftp_ssl(host, port, context):
    import aioftp

    async with aioftp.Client.context(host, port, "customer", "tulip", ssl=context):
        pass


@way("aioftp", "Client, upgrade_to_tls", text.ftp_auth_tls)
async def aioftp_upgrade(host, port, context):
    import aioftp

    client = aioftp.Client()
    await client.connect(host, port)
    await client.upgrade_to_tls(context)
    await client.login("customer", "tulip")
    client.close()


@way("irc", "Reactor", text.irc)
def irc_reactor(host, port, context):
    import irc.client
    import irc.connection

    welcomed = []
    reactor = irc.client.Reactor()
    reactor.add_global_handler("welcome", lambda *_: welcomed.append(True))
    factory = irc.connection.Factory(wrapper=partial(context.wrap_socket, server_hostname=host))
    # By its address: a socket would have the system resolve a name.
    login = {"nickname": "customer", "password": "tulip", "connect_factory": factory}
    reactor.server().connect("127.0.0.1", port, **login)
    for _ in range(int(TIMEOUT)):
        reactor.process_once(1)
        if welcomed:
            return
    raise TimeoutError
