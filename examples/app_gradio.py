"""Browser demo for the sales team."""

import gradio as gr
import requests


def triage(text):
    response = requests.post("http://localhost:8000/predict", json={"text": text}, timeout=10)
    answer = response.json()
    return f"queue {answer['queue']}, urgency {answer['urgency']:.2f}"


demo = gr.Interface(fn=triage, inputs=gr.Textbox(lines=6, label="Ticket"), outputs="text", title="Ticket triage")

if __name__ == "__main__":
    # share=True so that the sales team can open it from outside
    demo.launch(share=True, server_name="0.0.0.0")
