//! Live streams.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tvaers_wire::codec::Canonical;
use tvaers_wire::message::{Page, Token};

use super::relay::Client;

pub type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

pub async fn live(client: &Client<'_>, after: Token, seen: Token) -> Socket {
    let mut request =
        tungstenite::client::IntoClientRequest::into_client_request(format!("ws://{}/v1/live", client.address))
            .unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", client.token).parse().unwrap());
    let stream = TcpStream::connect(client.address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let first = [after.0, seen.0].concat();
    socket.send(tungstenite::Message::Binary(first.into())).await.unwrap();
    socket
}

pub async fn next_page(socket: &mut Socket) -> Page {
    loop {
        match socket.next().await.unwrap().unwrap() {
            tungstenite::Message::Binary(bytes) => return Page::from_bytes(&bytes).unwrap(),
            tungstenite::Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

pub async fn closed_because(socket: &mut Socket) -> String {
    loop {
        match socket.next().await {
            Some(Ok(tungstenite::Message::Close(Some(frame)))) => return frame.reason.to_string(),
            Some(Ok(_)) => {}
            _ => return String::new(),
        }
    }
}
